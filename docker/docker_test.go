// Package docker has no code: its test holds the container settings of this folder to the rules
// that a linter for Dockerfiles does not know.
package docker

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// pinned is an image with a version: no "latest", no tag of a major version alone.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:v?[0-9]+\.[0-9][0-9A-Za-z.-]*(@sha256:[0-9a-f]{64})?$`)

func TestDockerfiles(t *testing.T) {
	setup, err := os.ReadFile("../scripts/setup.sh")
	require.NoError(t, err)
	onnxRuntime := regexp.MustCompile(`(?m)^ONNXRUNTIME_VERSION=(.+)$`).FindStringSubmatch(string(setup))[1]
	for _, name := range []string{"Dockerfile", "Dockerfile.gpu"} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			last := map[string]string{} // instruction -> its last arguments
			for line := range strings.Lines(string(content)) {
				instruction, arguments, _ := strings.Cut(strings.TrimSpace(line), " ")
				last[instruction] = arguments
				if instruction == "FROM" {
					image, _, _ := strings.Cut(arguments, " ")
					require.Regexp(t, pinned, image)
					delete(last, "USER")
				}
			}
			require.Equal(t, "10001:10001", last["USER"], "the last stage runs as nobody in particular")
			require.Contains(t, last, "HEALTHCHECK")
			require.Contains(t, string(content), "ROLLCALL_ONNXRUNTIME=/opt/onnxruntime/libonnxruntime.so."+onnxRuntime+" ", "the version of scripts/setup.sh")
			ignored, err := os.ReadFile(name + ".dockerignore")
			require.NoError(t, err)
			require.Contains(t, strings.Fields(string(ignored)), "rollcall-data", "indexes stay out of images")
		})
	}
}

func TestCompose(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Image       string
			User        string
			Ports       []string
			Healthcheck map[string]any
			Security    []string `yaml:"security_opt"`
			Build       struct{ Context, Dockerfile string }
		}
	}
	readYAML(t, "compose.yaml", &compose)
	require.Len(t, compose.Services, 2)
	for name, s := range compose.Services {
		require.Regexp(t, pinned, s.Image, name)
		require.Contains(t, s.Security, "no-new-privileges:true", name)
		for _, port := range s.Ports {
			require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s: port %s is open to others", name, port)
		}
	}
	require.NotEmpty(t, compose.Services["milvus"].Healthcheck)
	require.Equal(t, "10001:10001", compose.Services["rollcall"].User)
	require.FileExists(t, filepath.Join(compose.Services["rollcall"].Build.Context, compose.Services["rollcall"].Build.Dockerfile))
}

func TestKubernetes(t *testing.T) {
	var values struct {
		Image struct {
			All struct{ Repository, Tag string }
		}
	}
	readYAML(t, "k8s/milvus-values.yaml", &values)
	require.Regexp(t, pinned, values.Image.All.Repository+":"+values.Image.All.Tag)
	for _, path := range []string{"k8s/service.yaml", "../configs/kubernetes-indexed-job.yaml", "../configs/kubernetes-indexed-job-gpu.yaml"} {
		t.Run(path, func(t *testing.T) {
			var resource workload
			readYAML(t, path, &resource)
			pod := resource.Spec.Template.Spec
			require.True(t, pod.SecurityContext.RunAsNonRoot)
			require.Equal(t, 10001, pod.SecurityContext.RunAsUser, "the user of the images")
			require.Len(t, pod.Containers, 1)
			container := pod.Containers[0]
			require.Regexp(t, pinned, container.Image)
			require.True(t, container.SecurityContext.ReadOnlyRootFilesystem)
			require.NotNil(t, container.SecurityContext.AllowPrivilegeEscalation)
			require.False(t, *container.SecurityContext.AllowPrivilegeEscalation)
			if resource.Kind == "Deployment" {
				require.NotEmpty(t, container.Liveness)
				require.NotEmpty(t, container.Readiness)
			}
		})
	}
}

// workload is what a test asks of a Deployment or a Job.
type workload struct {
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				SecurityContext struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
				} `yaml:"securityContext"`
				Containers []struct {
					Image           string
					SecurityContext struct {
						ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
						AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
					} `yaml:"securityContext"`
					Liveness  map[string]any `yaml:"livenessProbe"`
					Readiness map[string]any `yaml:"readinessProbe"`
				}
			}
		}
	}
}

// TestJobOnGPUs: the Job on GPUs is the other one but for its name, its image, its device and one GPU.
func TestJobOnGPUs(t *testing.T) {
	content, err := os.ReadFile("../configs/kubernetes-indexed-job.yaml")
	require.NoError(t, err)
	changed := strings.NewReplacer(
		"name: rollcall-index\n", "name: rollcall-index-gpu\n",
		"image: rollcall:0.1\n", "image: rollcall:0.1-gpu\n",
		"- --threads=8\n", "- --threads=8\n            - --device=cuda\n",
		"limits: {memory: 8Gi}", "limits: {memory: 8Gi, nvidia.com/gpu: 1}",
	).Replace(string(content))
	var want, got map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(changed), &want))
	readYAML(t, "../configs/kubernetes-indexed-job-gpu.yaml", &got)
	require.Equal(t, want, got)
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, into), path)
}

// TestComposeIsValid reads compose.yaml as Docker Compose does: against the specification's schema, an
// unknown key or a wrong type being an error, with the variables filled in.
func TestComposeIsValid(t *testing.T) {
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  ".",
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml"}},
		Environment: types.Mapping{"INDEX": "cc3m", "MILVUS_PASSWORD": "another"},
	})
	require.NoError(t, err)
	service, err := project.GetService("rollcall")
	require.NoError(t, err)
	require.Contains(t, service.Command, "cc3m")
	require.Equal(t, "another", *service.Environment["ROLLCALL_MILVUS_PASSWORD"])

	_, err = loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: ".", ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml"}},
	})
	require.ErrorContains(t, err, "name of an index in rollcall-data")
}
