package vpsie

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// number is a JSON number that may come as a string, a boolean or null. Prices are such numbers, and so are flags.
type number struct {
	value float64
	set   bool // false for null and for a member that is missing
}

// UnmarshalJSON implements json.Unmarshaler. Its error does not repeat the value.
func (n *number) UnmarshalJSON(raw []byte) error {
	word := strings.TrimSpace(strings.Trim(string(raw), `"`))
	switch word {
	case "null", "":
		*n = number{}
		return nil
	case "true":
		*n = number{value: 1, set: true}
		return nil
	case "false":
		*n = number{set: true}
		return nil
	}
	value, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return errors.New("want a number, a number in quotes, a boolean or null")
	}
	*n = number{value: value, set: true}
	return nil
}

// yes reports whether the number was given and is the 1 of a flag that is set.
func (n number) yes() bool { return n.set && n.value == 1 }

// text is a JSON string that may come as null or as a number. Anything else reads as empty; no value ends up in an error.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	var word string
	var digits json.Number
	switch {
	case json.Unmarshal(raw, &word) == nil:
		*t = text(word)
	case json.Unmarshal(raw, &digits) == nil:
		*t = text(digits.String())
	default:
		*t = ""
	}
	return nil
}

type datacenterRecord struct {
	Identifier text   `json:"identifier"`
	Name       text   `json:"dc_name"`
	IsActive   number `json:"is_active"`
	IsDeleted  number `json:"is_deleted"`
}

type categoryRecord struct {
	Identifier text `json:"identifier"`
	Name       text `json:"name"`
}

type planRecord struct {
	Identifier text   `json:"identifier"`
	Nickname   text   `json:"nickname"`
	CPU        number `json:"cpu"`
	RAM        number `json:"ram"`   // MB
	SSD        number `json:"ssd"`   // GB
	Price      number `json:"price"` // a month
}

// vmRecord is a machine in a list. The root password that comes with it is deliberately not read.
type vmRecord struct {
	Identifier   text   `json:"identifier"`
	Hostname     text   `json:"hostname"`
	DatacenterID text   `json:"dcIdentifier"`
	DefaultIP    text   `json:"default_ip"`
	PublicIP     text   `json:"publicIp"`
	PrivateIP    text   `json:"private_ip"`
	DefaultIPv6  text   `json:"default_ipv6"`
	IsActive     number `json:"is_active"`
	IsDeleted    number `json:"is_deleted"`
	IsTerminated number `json:"is_terminated"`
	DroppedOn    text   `json:"dropped_on"`
	CreatedOn    text   `json:"created_on"`
	// Tags is not in the records that are documented, but has been seen.
	Tags tagList `json:"tags"`
}

// machineDetails is a machine read by its identifier.
type machineDetails struct {
	VM struct {
		vmRecord
		SSHKeyID text `json:"sshkey_id"`
	} `json:"vmData"`
	Tags tagList `json:"vmTags"`
}

// vmDetails is a machine looked up in order to delete it.
type vmDetails struct {
	VM struct {
		Hostname        text `json:"hostname"`
		InitialPassword text `json:"initial_password"`
	} `json:"vmData"`
}

// pendingRecord is an accepted create that is waiting to be built.
type pendingRecord struct {
	ID   text `json:"id"`
	Data struct {
		Hostname     text `json:"hostname"`
		DatacenterID text `json:"dcIdentifier"`
		PlanID       text `json:"resourceIdentifier"`
	} `json:"data"`
}

// createBody asks for a machine. The flags are "0" or "1": numbers are ignored without an error.
type createBody struct {
	PlanID            string   `json:"resourceIdentifier"`
	ImageID           string   `json:"osIdentifier"`
	DatacenterID      string   `json:"dcIdentifier"`
	Hostname          string   `json:"hostname"`
	ProjectID         string   `json:"projectId"`
	AddPublicIPv4     string   `json:"addPublicIpV4"`
	AddPublicIPv6     string   `json:"addPublicIpV6"`
	AddPrivateIP      string   `json:"addPrivateIp"`
	Backup            string   `json:"backupEnabled"`
	WeeklyBackup      string   `json:"weeklyBackupEnabled"`
	MonthlyBackup     string   `json:"monthlyBackupEnabled"`
	GeneratedPassword bool     `json:"isGeneratedPassword"`
	UserData          string   `json:"userData,omitempty"` // base64
	ScriptID          string   `json:"scriptIdentifier,omitempty"`
	SSHKeyID          string   `json:"sshKeyIdentifier,omitempty"`
	Tags              []string `json:"tags"`
}

// deleteBody asks for a machine to be deleted.
type deleteBody struct {
	Identifier string       `json:"vmIdentifier"`
	Password   string       `json:"password"`
	Statistic  deleteReason `json:"deleteStatistic"`
}

type deleteReason struct {
	Reason string `json:"reason"`
	Note   string `json:"note"`
}

// tagsBody replaces the tags of a machine.
type tagsBody struct {
	Entity     string   `json:"entity"`
	Identifier string   `json:"identifier"`
	Tags       []string `json:"tags"`
}

// addTagsBody adds tags to a machine.
type addTagsBody struct {
	Identifier string   `json:"vmIdentifier"`
	Tags       []string `json:"tags"`
}

// sshKeyBody puts a key of the account on a machine.
type sshKeyBody struct {
	Identifier string `json:"vmIdentifier"`
	KeyID      string `json:"sshKeyIdentifier"`
}

// scriptRecord is a stored script.
type scriptRecord struct {
	Identifier text `json:"identifier"`
	Name       text `json:"script_name"`
	Content    text `json:"script"`
	CreatedOn  text `json:"created_on"`
}

// scriptBody stores a script.
type scriptBody struct {
	Name    string   `json:"name"`
	Content string   `json:"scriptContent"`
	Type    string   `json:"scriptType"`
	Tags    []string `json:"tags"`
}

// deleteScriptBody deletes a script.
type deleteScriptBody struct {
	Identifier string `json:"scriptIdentifier"`
}
