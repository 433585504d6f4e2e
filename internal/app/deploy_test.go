package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"aau.dk/sendsikker/internal/config"
)

const deployFolder = "../../docs/deploy/"

// documents are the YAML documents of a file.
func documents(t *testing.T, name string) (list []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(deployFolder + name)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var one map[string]any
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, one)
	}
}

// at walks a tree: names, and numbers of lists.
func at(t *testing.T, tree any, path ...string) any {
	t.Helper()
	for i, step := range path {
		switch v := tree.(type) {
		case map[string]any:
			tree = v[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(v) {
				t.Fatalf("nothing at %v", path[:i+1])
			}
			tree = v[n]
		default:
			t.Fatalf("nothing at %v", path[:i+1])
		}
	}
	return tree
}

// settingsKnown is every variable that serve reads, by the program's own model.
func settingsKnown(t *testing.T) (variables, flags map[string]bool) {
	t.Helper()
	var c struct {
		Config kong.ConfigFlag
		Serve  serveCommand `cmd:""`
	}
	parser, err := kong.New(&c, kong.DefaultEnvars("SENDSIKKER"))
	if err != nil {
		t.Fatal(err)
	}
	variables, flags = map[string]bool{"SENDSIKKER_GRAPH_SECRET": true, "SENDSIKKER_ENTRA_WEB_SECRET": true, "SENDSIKKER_PKCS11_PIN": true}, map[string]bool{} // read by package config itself
	for _, group := range parser.Model.Leaves(false)[0].AllFlags(false) {
		for _, f := range group {
			flags["--"+f.Name] = true
			for _, e := range f.Envs {
				variables[e] = true
			}
		}
	}
	if len(variables) < 40 {
		t.Fatalf("only %d variables: %v", len(variables), variables)
	}
	return variables, flags
}

func TestTheDeploymentFilesNameOnlySettingsThatExist(t *testing.T) {
	t.Parallel()
	variables, _ := settingsKnown(t)
	files, err := filepath.Glob(deployFolder + "*")
	if err != nil {
		t.Fatal(err)
	}
	manuals, _ := filepath.Glob("../../docs/*.md")
	named := 0
	for _, name := range append(append(files, manuals...), "../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range regexp.MustCompile(`SENDSIKKER_[A-Z0-9_]+`).FindAllString(string(text), -1) {
			named++
			if !variables[v] && v != "SENDSIKKER_TESTDATA" { // of the tests
				t.Errorf("%s names %s, which nothing reads", name, v)
			}
		}
	}
	if named < 5 || len(files) < 3 {
		t.Errorf("%d variables in %d files", named, len(files))
	}
}

func TestTheSystemdUnitIsReadAndClosesTheMachine(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(deployFolder + "sendsikker.service")
	if err != nil {
		t.Fatal(err)
	}
	value := func(key string) string {
		m := regexp.MustCompile(`(?m)^` + key + `=(.*)$`).FindStringSubmatch(string(text))
		if m == nil {
			t.Fatalf("no %s", key)
		}
		return m[1]
	}
	seconds, err := strconv.Atoi(value("TimeoutStopSec"))
	if err != nil || time.Duration(seconds)*time.Second <= stopTime+5*time.Second {
		t.Errorf("systemd kills after %d s, and stopping takes up to %s", seconds, stopTime)
	}
	_, flags := settingsKnown(t)
	words := strings.Fields(value("ExecStart"))
	if words[len(words)-1] != "serve" {
		t.Errorf("%v", words)
	}
	for _, w := range words[1 : len(words)-1] {
		if flag, _, _ := strings.Cut(w, "="); !flags[flag] && flag != "--config" {
			t.Errorf("there is no flag %s", flag)
		}
	}
	for _, key := range []string{"NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "MemoryDenyWriteExecute", "SystemCallFilter", "RestrictAddressFamilies", "UMask", "User"} {
		if value(key) == "" {
			t.Errorf("%s is empty", key)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here: apt-get install systemd")
	}
	folder := t.TempDir()
	program := put(t, folder, "sendsikker", []byte("#!/bin/true\n"))
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	unit := put(t, folder, "sendsikker.service", bytes.ReplaceAll(text, []byte("/usr/local/bin/sendsikker"), []byte(program)))
	out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "sendsikker.service") || strings.Contains(line, unit) {
			t.Errorf("%s", line)
		}
	}
	if err != nil && strings.Contains(string(out), "sendsikker") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheComposeFileStartsWhatTheImageIs(t *testing.T) {
	t.Parallel()
	docs := documents(t, "compose.yaml")
	if len(docs) != 1 {
		t.Fatalf("%d documents", len(docs))
	}
	service := at(t, docs[0], "services", "sendsikker")
	docker, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	listen := fmt.Sprint(at(t, service, "environment", "SENDSIKKER_LISTEN"))
	port := fmt.Sprint(at(t, service, "ports", "0"))
	if !strings.HasSuffix(port, listen) || !strings.Contains(string(docker), "EXPOSE "+strings.TrimPrefix(listen, ":")+"\n") {
		t.Errorf("port %s, listening on %s", port, listen)
	}
	user, _, _ := strings.Cut(fmt.Sprint(at(t, service, "user")), ":")
	data := fmt.Sprint(at(t, service, "environment", "SENDSIKKER_DATA"))
	if !strings.Contains(string(docker), "USER "+user) || !strings.Contains(string(docker), "VOLUME "+data+"\n") || at(t, service, "volumes", "0") != "data:"+data {
		t.Errorf("user %s and data %s are not the image's", user, data)
	}
	grace, err := time.ParseDuration(fmt.Sprint(at(t, service, "stop_grace_period")))
	if err != nil || grace <= stopTime+5*time.Second {
		t.Errorf("killed after %s", grace)
	}
	if at(t, service, "read_only") != true || at(t, service, "cap_drop", "0") != "ALL" || at(t, service, "depends_on", "database", "condition") != "service_healthy" {
		t.Error("it is not closed, or does not wait for the database")
	}
	if build, err := filepath.Abs(deployFolder + fmt.Sprint(at(t, service, "build"))); err != nil {
		t.Fatal(err)
	} else if _, err := os.Stat(filepath.Join(build, "Dockerfile")); err != nil {
		t.Errorf("nothing to build there: %v", err)
	}
}

func TestTheKubernetesManifestsFitTheProgram(t *testing.T) {
	t.Parallel()
	kinds := map[string]map[string]any{}
	for _, d := range documents(t, "kubernetes.yaml") {
		kinds[fmt.Sprint(d["kind"])] = d
	}
	for _, kind := range []string{"Namespace", "ServiceAccount", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy"} {
		if kinds[kind] == nil {
			t.Fatalf("no %s", kind)
		}
	}
	// Its settings are those of the program, and without a fault but the files that are not here.
	some := file(t, "some.pem", nil)
	settings := fmt.Sprint(at(t, kinds["ConfigMap"], "data", "sendsikker.yaml"))
	settings = strings.NewReplacer("/etc/sendsikker-tls/tls.crt", some, "/etc/sendsikker-tls/tls.key", some).Replace(settings)
	var c config.Config
	parser, err := kong.New(&c, kong.Configuration(config.File, file(t, "c.yaml", []byte(settings))))
	if err == nil {
		_, err = parser.Parse(nil)
	}
	if err == nil {
		err = c.Check(func(string) string { return "" })
	}
	if err != nil {
		t.Errorf("the settings: %v", err)
	}

	pod := at(t, kinds["Deployment"], "spec", "template", "spec")
	box := at(t, pod, "containers", "0")
	replicas, least := at(t, kinds["Deployment"], "spec", "replicas").(int), at(t, kinds["PodDisruptionBudget"], "spec", "minAvailable").(int)
	if replicas < 2 || least < 1 || least >= replicas {
		t.Errorf("%d replicas, of which %d must stay", replicas, least)
	}
	if grace := at(t, pod, "terminationGracePeriodSeconds").(int); time.Duration(grace)*time.Second <= max(stopTime, c.Drain+stopTime/2)+5*time.Second {
		t.Errorf("killed after %d s", grace)
	}
	port := at(t, box, "ports", "0", "containerPort").(int)
	if c.Listen != fmt.Sprintf(":%d", port) || at(t, kinds["NetworkPolicy"], "spec", "ingress", "0", "ports", "0", "port") != port ||
		at(t, kinds["Service"], "spec", "ports", "0", "targetPort") != at(t, box, "ports", "0", "name") {
		t.Errorf("listening on %s, reached on %d", c.Listen, port)
	}
	for _, probe := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
		path := fmt.Sprint(at(t, box, probe, "httpGet", "path"))
		if at(t, box, probe, "httpGet", "port") != at(t, box, "ports", "0", "name") || at(t, box, probe, "httpGet", "scheme") != "HTTPS" {
			t.Errorf("%s asks another port", probe)
		}
		if a := call(t, http.MethodGet, path, "", "", nil); a.status != http.StatusOK {
			t.Errorf("%s: %s answers %d", probe, path, a.status)
		}
	}
	for _, closed := range [][]string{{"securityContext", "readOnlyRootFilesystem"}} {
		if at(t, box, closed...) != true {
			t.Errorf("%v", closed)
		}
	}
	if at(t, pod, "securityContext", "runAsNonRoot") != true || at(t, box, "securityContext", "allowPrivilegeEscalation") != false || at(t, box, "securityContext", "capabilities", "drop", "0") != "ALL" ||
		at(t, pod, "automountServiceAccountToken") != false {
		t.Error("the pod may do more than it must")
	}
	if at(t, box, "resources", "limits", "memory") == nil || at(t, box, "resources", "requests", "cpu") == nil {
		t.Error("no limits")
	}
	secrets := 0
	mounted := map[string]bool{}
	for _, m := range at(t, box, "volumeMounts").([]any) {
		mounted[fmt.Sprint(at(t, m, "mountPath"))] = true
	}
	for _, v := range at(t, pod, "volumes").([]any) {
		if at(t, v, "secret") != nil {
			secrets++
		}
	}
	if !mounted[c.Data] || !mounted["/etc/sendsikker"] || secrets == 0 || at(t, box, "envFrom", "0", "secretRef", "name") == nil {
		t.Errorf("mounted: %v, %d secrets", mounted, secrets)
	}
	selector := fmt.Sprint(at(t, kinds["Deployment"], "spec", "selector", "matchLabels", "app.kubernetes.io/name"))
	for _, got := range []any{
		at(t, kinds["Deployment"], "spec", "template", "metadata", "labels", "app.kubernetes.io/name"), at(t, kinds["Service"], "spec", "selector", "app.kubernetes.io/name"),
		at(t, kinds["PodDisruptionBudget"], "spec", "selector", "matchLabels", "app.kubernetes.io/name"), at(t, kinds["NetworkPolicy"], "spec", "podSelector", "matchLabels", "app.kubernetes.io/name"),
	} {
		if got != selector {
			t.Errorf("one selects %v, another %s", got, selector)
		}
	}
}
