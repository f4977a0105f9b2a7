package fakecluster

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/tokens"
)

// WithAuthorization sets who may do what: "AlwaysAllow", the default, or
// "RBAC", by which the cluster's roles decide. With roles, who is served and has
// no credentials is system:anonymous.
func WithAuthorization(mode string) Option {
	return func(o *options) error {
		switch mode {
		case "AlwaysAllow":
			o.plane.RBAC = false
		case "RBAC":
			o.plane.RBAC = true
		default:
			return fmt.Errorf("unknown authorization mode %q: must be one of AlwaysAllow, RBAC", mode)
		}
		return nil
	}
}

// WithTokenAuthFile accepts the static bearer tokens of a CSV file with a line
// per token: token,user,uid,"group1,group2". The groups may be left out.
func WithTokenAuthFile(path string) Option {
	return func(o *options) error {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("token file: %w", err)
		}
		defer file.Close()
		reader := csv.NewReader(file)
		reader.FieldsPerRecord = -1
		records, err := reader.ReadAll()
		if err != nil {
			return fmt.Errorf("token file %s: %w", path, err)
		}
		o.plane.Authentication.Tokens = make(map[string]authenticationv1.UserInfo, len(records))
		for i, record := range records {
			user, err := tokenUser(record)
			if err != nil {
				return fmt.Errorf("token file %s, record %d: %w", path, i+1, err)
			}
			o.plane.Authentication.Tokens[record[0]] = user
		}
		return nil
	}
}

// tokenUser is the user of a record of a token file, as
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file
// has it.
func tokenUser(record []string) (authenticationv1.UserInfo, error) {
	const token, name, uid, groups = 0, 1, 2, 3
	if len(record) <= uid {
		return authenticationv1.UserInfo{}, errors.New("there must be at least a token, a user and a uid")
	}
	if record[token] == "" {
		return authenticationv1.UserInfo{}, errors.New("the token is empty")
	}
	user := authenticationv1.UserInfo{Username: record[name], UID: record[uid]}
	if len(record) > groups && record[groups] != "" {
		user.Groups = strings.Split(record[groups], ",")
	}
	return user, nil
}

// issueTokens lets the cluster give its service accounts tokens. The key is
// the machine's secret, not the seed's: who knows the seed must not be able to
// forge a token.
func issueTokens(o *controlplane.Options) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key for service accounts: %w", err)
	}
	o.Authentication.ServiceAccounts = &tokens.Issuer{Key: key, URL: tokens.DefaultURL}
	return nil
}
