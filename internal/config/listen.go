package config

import (
	"fmt"
	"net"
	"strconv"
)

// off is the address that turns a server off.
const off = "0"

// listener is a server that the process opens.
type listener struct {
	key     string
	address string
}

// listenersOf lists the servers of a sub-command.
func listenersOf(config *Config, runs func(Command) bool) []listener {
	var found []listener
	if runs(CommandController) && config.Controller.Diagnosis.On() {
		found = append(found, listener{"controller.diagnosis.listen", config.Controller.Diagnosis.Listen})
	}
	if runs(CommandExtender) {
		found = append(found, listener{"extender.listen", config.Extender.Listen})
	}
	if runs(CommandWebhook) {
		found = append(found, listener{"webhook.port", net.JoinHostPort(config.Webhook.Host, strconv.Itoa(config.Webhook.Port))})
	}
	if config.Metrics.Listen != off {
		found = append(found, listener{"metrics.listen", config.Metrics.Listen})
	}
	if config.Health.Listen != off {
		found = append(found, listener{"health.listen", config.Health.Listen})
	}
	return found
}

// listeners demands that each address can be listened on, and that no two of them are the same.
func (c *checker) listeners(all []listener) {
	for i, one := range all {
		host, port, err := splitAddress(one.address)
		if one.key == "webhook.port" {
			c.require(one.key, err == nil && port > 0, "want a port from 1 to 65535")
		}
		c.require(one.key, err == nil, "want host:port, or :port for all addresses, such as :8080")
		for _, other := range all[:i] {
			otherHost, otherPort, otherErr := splitAddress(other.address)
			clash := err == nil && otherErr == nil && port != 0 && port == otherPort && overlap(host, otherHost)
			c.require(one.key, !clash, fmt.Sprintf("is taken by %s (%s), choose another port", other.key, other.address))
		}
	}
}

// overlap reports whether two hosts stand for a common address.
func overlap(a, b string) bool {
	return a == b || isWildcard(a) || isWildcard(b)
}

func isWildcard(host string) bool {
	return host == "" || net.ParseIP(host).IsUnspecified()
}

// splitAddress cuts host:port. Port 0, any free port, is allowed.
func splitAddress(address string) (host string, port int, err error) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	number, err := strconv.ParseUint(digits, 10, 16)
	return host, int(number), err
}
