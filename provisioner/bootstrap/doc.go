// Package bootstrap makes the first-boot document of a machine and the credentials in it: a cloud-init file that joins the
// cluster by `kubeadm join`, and a bootstrap token that serves one machine for a short time.
package bootstrap
