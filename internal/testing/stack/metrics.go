package stack

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// metricsReader is the account that reads metrics.
const metricsReader = "metrics-reader"

// metricsClient does not verify: the metrics endpoints sign their own certificates.
var metricsClient = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

// Scrape reads the metrics of one of the suite's processes as a service account that may.
func (s *Stack) Scrape(ctx context.Context, name string) ([]byte, error) {
	token, err := s.metricsToken(ctx)
	if err != nil {
		return nil, fmt.Errorf("make an account that reads metrics: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.MetricsURL(name), nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := metricsClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the metrics of %s: %w", name, err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s", response.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("read the metrics of %s: %w", name, err)
	}
	return page, nil
}

// metricsToken makes the account unless it is there, and a token of it.
func (s *Stack) metricsToken(ctx context.Context) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: SystemNamespace, Name: metricsReader}}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: metricsReader},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "vpsie-autoscaler-metrics-reader"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: SystemNamespace, Name: metricsReader}},
	}
	for _, object := range []client.Object{account, binding} {
		if err := client.IgnoreAlreadyExists(s.Client.Create(ctx, object)); err != nil {
			return "", err
		}
	}
	token := &authenticationv1.TokenRequest{}
	if err := s.Client.SubResource("token").Create(ctx, account, token); err != nil {
		return "", err
	}
	return token.Status.Token, nil
}
