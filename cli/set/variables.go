package set

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// variables are changes of an environment.
type variables struct {
	set    []corev1.EnvVar
	remove []string
}

// parseVariables reads KEY=VALUE, KEY-, and "-" for lines of standard input.
func parseVariables(specs []string, stdin io.Reader) (variables, error) {
	parsed := variables{}
	named := map[string]bool{}
	for _, spec := range specs {
		name, value, assigned := strings.Cut(spec, "=")
		switch {
		case spec == "-":
			read, err := readVariables(stdin)
			if err != nil {
				return parsed, err
			}
			parsed.set = append(parsed.set, read...)
		case assigned:
			if problems := validation.IsEnvVarName(name); len(problems) != 0 {
				return parsed, fmt.Errorf("%q is not a valid key name: %s", name, strings.Join(problems, ";"))
			}
			named[name] = true
			parsed.set = append(parsed.set, corev1.EnvVar{Name: name, Value: value})
		case strings.HasSuffix(spec, "-"):
			parsed.remove = append(parsed.remove, strings.TrimSuffix(spec, "-"))
		default:
			return parsed, fmt.Errorf("unknown environment variable: %v", spec)
		}
	}
	for _, name := range parsed.remove {
		if named[name] {
			return parsed, fmt.Errorf("can not both modify and remove the same environment variable in the same command")
		}
	}
	return parsed, nil
}

// readVariables reads KEY=VALUE lines; # begins a comment.
func readVariables(r io.Reader) ([]corev1.EnvVar, error) {
	var read []corev1.EnvVar
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		line, _, _ := strings.Cut(scanner.Text(), "#")
		if name, value, ok := strings.Cut(line, "="); ok {
			read = append(read, corev1.EnvVar{Name: name, Value: value})
		}
	}
	return read, scanner.Err()
}

func find(env []corev1.EnvVar, name string) int {
	return slices.IndexFunc(env, func(v corev1.EnvVar) bool { return v.Name == name })
}

// conflict tells of a variable that has another value.
func (v variables) conflict(env []corev1.EnvVar) error {
	for _, variable := range v.set {
		if at := find(env, variable.Name); at >= 0 && env[at].Value != variable.Value {
			return fmt.Errorf("'%s' already has a value (%s), and --overwrite is false", env[at].Name, env[at].Value)
		}
	}
	return nil
}

// apply replaces variables in their places and appends new ones.
func (v variables) apply(env []corev1.EnvVar) []corev1.EnvVar {
	applied := []corev1.EnvVar{}
	done := map[string]bool{}
	for _, name := range v.remove {
		done[name] = true
	}
	for _, variable := range env {
		if done[variable.Name] {
			continue
		}
		if at := find(v.set, variable.Name); at >= 0 {
			variable = v.set[at]
			done[variable.Name] = true
		}
		applied = append(applied, variable)
	}
	for _, variable := range v.set {
		if !done[variable.Name] {
			done[variable.Name] = true
			applied = append(applied, variable)
		}
	}
	return applied
}
