package create

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
)

// sources are the flags that fill the data of config maps and secrets.
type sources struct {
	files, literals, envFiles []string
	appendHash                bool
}

// addEntry adds one key; it refuses keys that are invalid or there already.
type addEntry func(key string, data []byte) error

func (s *sources) addFlags(cmd *cobra.Command, kind string) {
	cmd.Flags().StringSliceVar(&s.files, "from-file", nil, "File to put in under its name, or as KEY=FILE; of a folder, every file whose name is a valid key.")
	cmd.Flags().StringArrayVar(&s.literals, "from-literal", nil, "Value to put in, as KEY=VALUE.")
	cmd.Flags().StringSliceVar(&s.envFiles, "from-env-file", nil, "File with a KEY=VALUE to put in on each line.")
	s.addHashFlag(cmd, kind)
}

func (s *sources) addHashFlag(cmd *cobra.Command, kind string) {
	cmd.Flags().BoolVar(&s.appendHash, "append-hash", false, "Append a hash of the "+kind+" to its name.")
}

func (s *sources) validate(name string) error {
	if err := requireName(name); err != nil {
		return err
	}
	if len(s.envFiles) > 0 && (len(s.files) > 0 || len(s.literals) > 0) {
		return fmt.Errorf("from-env-file cannot be combined with from-file or from-literal")
	}
	return nil
}

func (s *sources) addLiterals(add addEntry) error {
	for _, literal := range s.literals {
		key, value, ok := strings.Cut(literal, "=")
		if !ok || key == "" {
			return fmt.Errorf("invalid literal source %v, expected key=value", literal)
		}
		if err := add(key, []byte(value)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sources) addFiles(add addEntry) error {
	for _, source := range s.files {
		key, file, err := parseFileSource(source)
		if err != nil {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return unreadable(file, err)
		}
		if !info.IsDir() {
			if err := addFile(add, key, file); err != nil {
				return err
			}
			continue
		}
		if strings.Contains(source, "=") {
			return fmt.Errorf("cannot give a key name for a directory path")
		}
		if err := addFolder(add, file); err != nil {
			return err
		}
	}
	return nil
}

func addFolder(add addEntry, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("error listing files in %s: %v", folder, err)
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			continue
		}
		if err := addFile(add, entry.Name(), filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func addFile(add addEntry, key, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return add(key, data)
}

// unreadable names the file without repeating what was done to it.
func unreadable(file string, err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("error reading %s: %v", file, err)
}

// parseFileSource reads FILE or KEY=FILE.
func parseFileSource(source string) (key, file string, err error) {
	switch count := strings.Count(source, "="); {
	case count == 0:
		return path.Base(filepath.ToSlash(source)), source, nil
	case count > 1:
		return "", "", errors.New("key names or file paths cannot contain '='")
	}
	key, file, _ = strings.Cut(source, "=")
	switch {
	case key == "":
		return "", "", fmt.Errorf("key name for file path %v missing", file)
	case file == "":
		return "", "", fmt.Errorf("file path for key name %v missing", key)
	}
	return key, file, nil
}

// addEnvFiles reads files of KEY=VALUE lines; kind names what they are for in
// errors. A line with a key alone takes its value from the environment.
func (s *sources) addEnvFiles(add addEntry, kind string, getenv func(string) string) error {
	for _, file := range s.envFiles {
		info, err := os.Stat(file)
		if err != nil {
			return unreadable(file, err)
		}
		if info.IsDir() {
			return fmt.Errorf("env %s file cannot be a directory", kind)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := addEnvLines(add, content, file, getenv); err != nil {
			return err
		}
	}
	return nil
}

func addEnvLines(add addEntry, content []byte, file string, getenv func(string) string) error {
	scanner := bufio.NewScanner(bytes.NewReader(content))
	for number := 1; scanner.Scan(); number++ {
		line := scanner.Bytes()
		if !utf8.Valid(line) {
			return fmt.Errorf("env file %s contains invalid utf8 bytes at line %d: %v", file, number, line)
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		text := strings.TrimLeftFunc(string(line), unicode.IsSpace)
		if text == "" || text[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if problems := validation.IsEnvVarName(key); len(problems) != 0 {
			return fmt.Errorf("%q is not a valid key name: %s", key, strings.Join(problems, ";"))
		}
		if !ok {
			value = getenv(key)
		}
		if err := add(key, []byte(value)); err != nil {
			return err
		}
	}
	return nil
}

// nameHash is a short hash of what an object holds, of characters that make no
// words.
func nameHash(content map[string]any) (string, error) {
	encoded, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	hex := fmt.Sprintf("%x", sha256.Sum256(encoded))
	return strings.NewReplacer("0", "g", "1", "h", "3", "k", "a", "m", "e", "t").Replace(hex[:10]), nil
}
