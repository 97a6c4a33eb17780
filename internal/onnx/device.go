package onnx

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
)

// What --device cuda needs: the CUDA that ONNX Runtime's package is linked against, and the first
// driver that runs it (NVIDIA's "CUDA Compatibility", minor versions, table 1).
const (
	wantCUDA   = "13"
	wantDriver = "580"
)

// appendDevice puts a session on the device that was asked for.
func appendDevice(options *ort.SessionOptions, device string) error {
	if device == "" || device == "cpu" {
		return nil
	}
	kind, number, numbered := strings.Cut(device, ":")
	if !numbered {
		number = "0"
	}
	if _, err := strconv.ParseUint(number, 10, 8); kind != "cuda" || err != nil {
		return fmt.Errorf("device %q is unknown: want cpu, cuda or cuda:N", device)
	}
	cuda, err := ort.NewCUDAProviderOptions()
	if err != nil {
		return fmt.Errorf("device %s: this ONNX Runtime cannot use CUDA: give the library of the PyPI package onnxruntime-gpu %s with --onnxruntime (scripts/setup.sh --only cuda fetches it), or use --device cpu", device, wantVersion)
	}
	defer cuda.Destroy()
	// The provider prints an error, in colour, before it returns it.
	if err := ort.SetEnvironmentLogLevel(ort.LoggingLevelFatal); err != nil {
		return err
	}
	defer ort.SetEnvironmentLogLevel(ort.LoggingLevelError)
	// TensorFloat-32, the provider's default, keeps 10 bits of a number: too few for cosines that decide
	// between names.
	err = cuda.Update(map[string]string{"device_id": number, "use_tf32": "0"})
	if err == nil {
		err = options.AppendExecutionProviderCUDA(cuda)
	}
	if err == nil {
		return nil
	}
	cause := cudaCause(err.Error())
	if cause == "" {
		cause = regexp.MustCompile(`^.*?\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : `).ReplaceAllString(err.Error(), "")
	}
	return fmt.Errorf("device %s cannot be used: %s; or use --device cpu", device, cause)
}

// explained is the error of a session that runs on a device, with what to do about it where it comes
// from CUDA and the cause is known: cuDNN, for one, is looked for when a model first needs it.
func explained(device string, err error) error {
	if cause := cudaCause(err.Error()); cause != "" && strings.HasPrefix(device, "cuda") {
		return fmt.Errorf("device %s cannot be used: %s; or use --device cpu", device, cause)
	}
	return err
}

// cudaCause says in one line what is missing and what to do about it, by the texts of the dynamic
// loader, of CUDA ("CUDA failure N", its error codes) and of the provider; "" for any other text.
func cudaCause(text string) string {
	const search = "where the loader looks, for instance by LD_LIBRARY_PATH (scripts/setup.sh --only cuda fetches it; the image of docker/Dockerfile.gpu has it)"
	library := ""
	if found := regexp.MustCompile(`error: (?:\S*/)?(lib[^\s:/]+): cannot open shared object file`).FindStringSubmatch(text); found != nil {
		library = found[1]
	}
	says := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case library == "libcuda.so.1":
		return "there is no libcuda.so.1, the library of the NVIDIA driver: install driver " + wantDriver + " or newer, and start containers with --gpus all"
	case strings.HasPrefix(library, "libonnxruntime_providers_"):
		return library + " is not beside the ONNX Runtime that was loaded: keep the libraries of the PyPI package onnxruntime-gpu in one folder"
	case library != "":
		return "there is no " + library + ": CUDA " + wantCUDA + " is needed " + search
	case says("cuDNN library was not found"):
		return "there is no libcudnn.so.9: cuDNN 9 for CUDA " + wantCUDA + " is needed " + search
	case says("cuFFT library was not found"):
		return "the model computes Fourier transforms, and there is no libcufft.so.12: cuFFT of CUDA " + wantCUDA + " is needed where the loader looks"
	case says("CUDA failure 35:"):
		return "the NVIDIA driver is too old for CUDA " + wantCUDA + ": install driver " + wantDriver + " or newer"
	case says("CUDA failure 100:"):
		return "the NVIDIA driver sees no GPU: see what nvidia-smi says, and start containers with --gpus all"
	case says("CUDA failure 101:"), says("Invalid device id"), says("Invalid device ID"):
		return "there is no GPU of that number: nvidia-smi lists them, from 0"
	}
	return ""
}
