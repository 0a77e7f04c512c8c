package config

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
)

// vpsie checks how VPSie is reached and what is bought there.
func (c *checker) vpsie(vpsie VPSie) {
	c.origin("vpsie.url", vpsie.URL)
	c.oneOf("vpsie.mode", vpsie.Mode, ModeVM, ModeKubernetes)
	c.credentials(vpsie)
	c.file("vpsie.caFile", vpsie.CAFile)
	c.oneOf("vpsie.vmPath", vpsie.VMPath, "/api/v2/vm", "/apps/v2/vm")
	switch vpsie.Mode {
	case ModeVM:
		c.required("vpsie.projectID", vpsie.ProjectID, "name the VPSie project that new machines belong to")
		c.required("vpsie.imageID", vpsie.ImageID, "name the operating system image of new machines")
	case ModeKubernetes:
		c.required("vpsie.clusterID", vpsie.ClusterID, "name the managed cluster that workers are added to")
	}
	c.require("vpsie.sshKeyIDs", !slices.Contains(vpsie.SSHKeyIDs, ""), "want identifiers of keys of the account and no empty one")
	c.oneOf("vpsie.userDataVia", vpsie.UserDataVia, "userData", "script")
	c.positive("vpsie.hoursPerMonth", vpsie.HoursPerMonth)
	c.positive("vpsie.requestsPerMinute", vpsie.RequestsPerMinute)
	c.lasting("vpsie.timeout", vpsie.Timeout)
}

// credentials demands one of the three ways to prove the account.
func (c *checker) credentials(vpsie VPSie) {
	switch {
	case vpsie.SecretName != "":
		c.require("vpsie.secretName", len(validation.IsDNS1123Subdomain(vpsie.SecretName)) == 0,
			"want the name of a Secret, such as vpsie-credentials")
		c.excludes("vpsie.secretName", "vpsie.tokenFile", vpsie.TokenFile)
		c.excludes("vpsie.secretName", "vpsie.clientID", vpsie.ClientID)
		c.excludes("vpsie.secretName", "vpsie.clientSecretFile", vpsie.ClientSecretFile)
	case vpsie.ClientID != "" || vpsie.ClientSecretFile != "":
		c.required("vpsie.clientID", vpsie.ClientID, "name the client whose secret vpsie.clientSecretFile holds")
		c.required("vpsie.clientSecretFile", vpsie.ClientSecretFile, "name the file that holds the secret of vpsie.clientID")
		c.excludes("vpsie.clientID", "vpsie.tokenFile", vpsie.TokenFile)
	default:
		c.required("vpsie.tokenFile", vpsie.TokenFile,
			"name the file that holds the VPSie API token, or use vpsie.clientID or vpsie.secretName instead")
	}
	c.file("vpsie.tokenFile", vpsie.TokenFile)
	c.file("vpsie.clientSecretFile", vpsie.ClientSecretFile)
	if vpsie.SecretNamespace != "" {
		c.require("vpsie.secretNamespace", len(validation.IsDNS1123Label(vpsie.SecretNamespace)) == 0,
			"want the name of a namespace, or leave it empty for cluster.namespace")
	}
}

// excludes demands that the other key is not set.
func (c *checker) excludes(name, other, value string) {
	c.require(name, value == "", fmt.Sprintf("excludes %s: set only one of the two", other))
}
