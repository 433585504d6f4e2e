package setup

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/template"
)

//go:embed templates
var templates embed.FS

// Files gives what is written, by name.
func Files(p Plan) (map[string][]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	t, err := template.New("").Delims("<<", ">>").Option("missingkey=error").Funcs(template.FuncMap{"ps": powershell, "list": list, "yaml": yaml}).ParseFS(templates, "templates/*")
	if err != nil {
		return nil, fmt.Errorf("the templates: %w", err)
	}
	values := map[string]any{
		"BaseURL": p.BaseURL, "Host": p.host(), "Tenant": p.Tenant, "Domains": p.Domains, "Organisation": p.Organisation, "Mailboxes": p.Mailboxes, "Outside": p.Outside,
	}
	out := map[string][]byte{}
	for _, one := range t.Templates() {
		var b bytes.Buffer
		if err := one.Execute(&b, values); err != nil {
			return nil, fmt.Errorf("the templates: %w", err)
		}
		if b.Len() > 0 {
			out[one.Name()] = b.Bytes()
		}
	}
	return out, nil
}

// Write puts the files into a folder, and over nothing.
func Write(p Plan, folder string) error {
	files, err := Files(p)
	if err != nil {
		return err
	}
	for name := range files {
		if _, err := os.Lstat(filepath.Join(folder, name)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, and may have been changed: give another folder", filepath.Join(folder, name))
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for name, text := range files {
		f, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}
