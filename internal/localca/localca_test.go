package localca_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/localca"
)

func TestIssuedCertificateIsTrustedForItsUseAlone(t *testing.T) {
	authority, err := localca.New("authority", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := localca.New("stranger", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM, err := authority.Issue("server", x509.ExtKeyUsageServerAuth)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		trusted *localca.Authority
		dnsName string
		usage   x509.ExtKeyUsage
		at      time.Time
		want    bool
	}{
		"by name":          {authority, "localhost", x509.ExtKeyUsageServerAuth, time.Now(), true},
		"by address":       {authority, "127.0.0.1", x509.ExtKeyUsageServerAuth, time.Now(), true},
		"for another name": {authority, "example.com", x509.ExtKeyUsageServerAuth, time.Now(), false},
		"for another use":  {authority, "localhost", x509.ExtKeyUsageClientAuth, time.Now(), false},
		"from a stranger":  {stranger, "localhost", x509.ExtKeyUsageServerAuth, time.Now(), false},
		"after its life":   {authority, "localhost", x509.ExtKeyUsageServerAuth, time.Now().Add(2 * time.Hour), false},
	} {
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(test.trusted.PEM()) {
			t.Fatalf("%s: the authority's PEM holds no certificate", name)
		}
		_, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: test.dnsName, KeyUsages: []x509.ExtKeyUsage{test.usage}, CurrentTime: test.at})
		if (err == nil) != test.want {
			t.Errorf("%s: trusted is %v, want %v: %v", name, err == nil, test.want, err)
		}
	}
}
