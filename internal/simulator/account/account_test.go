package account_test

import (
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
)

func TestAccountStartsWithKeysAndForgetsDeletedOnes(t *testing.T) {
	a := account.New()
	if got := a.SSHKeys(); len(got) != len(account.Keys) || got[0].Identifier != account.Keys[0].Identifier {
		t.Fatalf("keys %+v", got)
	}
	added := a.AddSSHKey("mine", "ssh-ed25519 AAAA")
	if found, ok := a.SSHKey(added.Identifier); !ok || found.PublicKey != "ssh-ed25519 AAAA" {
		t.Errorf("found %+v, %v", found, ok)
	}
	if !a.DeleteSSHKey(added.Identifier) || a.DeleteSSHKey(added.Identifier) {
		t.Error("want the key to be deleted once")
	}
	if other := account.New(); len(other.SSHKeys()) != len(account.Keys) {
		t.Error("accounts share their keys")
	}
}

func TestScriptIsStoredUnderItsNameWithASuffix(t *testing.T) {
	a := account.New()
	first, second := a.AddScript("web", "bash", "one"), a.AddScript("web", "bash", "two")
	if first.Name != "web.sh" || first.Identifier == second.Identifier || len(a.Scripts()) != 2 {
		t.Errorf("scripts %+v", a.Scripts())
	}
	if !a.EditScript(first.Identifier, "app", "bash", "three") || a.EditScript("x", "app", "bash", "three") {
		t.Error("want only the script that is there to be edited")
	}
	if got, _ := a.Script(first.Identifier); got.Name != "app.sh" || got.Content != "three" {
		t.Errorf("edited script %+v", got)
	}
	if !a.DeleteScript(first.Identifier) || a.DeleteScript(first.Identifier) || len(a.Scripts()) != 1 {
		t.Error("want the script to be deleted once")
	}
}

func TestTagIsDefinedOnce(t *testing.T) {
	a := account.New()
	used := a.DefineTag("web", "")
	colored := a.DefineTag("web", "#ff0000")
	again := a.DefineTag("web", "")
	if used.Identifier != colored.Identifier || used.Color == "#ff0000" || again.Color != "#ff0000" || len(a.Tags()) != 1 {
		t.Errorf("tags %+v", a.Tags())
	}
	if found, ok := a.Tag(used.Identifier); !ok || found != again {
		t.Errorf("found %+v, %v", found, ok)
	}
}
