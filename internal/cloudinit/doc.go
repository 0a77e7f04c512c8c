// Package cloudinit makes the first-boot documents of machines out of templates, and checks them. It is pure: the admission
// webhook rehearses with sample values what the provisioner later renders with those of a machine.
//
// A template is a Go text/template. What it may use is listed by Variables and Functions, and docs/cloud-init.md repeats those
// lists for users. Templates come from whoever may write NodeGroups, so work, memory and output are bounded.
package cloudinit
