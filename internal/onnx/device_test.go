package onnx

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// The texts are what ONNX Runtime 1.29.0 for CUDA said on a machine without a GPU: without the
// provider beside it, without CUDA, without a driver, and before the drivers 535 and 550; those of
// codes 100 and 101, of the device's number and of cuDNN are put together from the texts in its file and in
// CUDA's documentation.
func TestCausesOnCUDA(t *testing.T) {
	const (
		load  = "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1988 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library "
		parse = "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider_info.cc:62 static onnxruntime::CUDAExecutionProviderInfo onnxruntime::CUDAExecutionProviderInfo::FromProviderOptions(const onnxruntime::ProviderOptions&) [ONNXRuntimeError] : 1 : FAIL : provider_options_utils.h:187 Parse Failed to parse provider option \"device_id\": "
		where = " ; GPU=-1 ; hostname=vm ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider_info.cc ; line=69 ; expr=cudaGetDeviceCount(&num_devices);"
		close = ": cannot open shared object file: No such file or directory"
	)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"no provider":   {load + "/opt/libonnxruntime_providers_cuda.so with error: /opt/libonnxruntime_providers_cuda.so" + close, []string{"libonnxruntime_providers_cuda.so is not beside", "onnxruntime-gpu"}},
		"no bridge":     {load + "/opt/libonnxruntime_providers_shared.so with error: /opt/libonnxruntime_providers_shared.so" + close, []string{"libonnxruntime_providers_shared.so is not beside"}},
		"no CUDA":       {load + "/opt/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13" + close, []string{"there is no libcublasLt.so.13: CUDA 13 is needed", "LD_LIBRARY_PATH", "--only cuda"}},
		"no driver":     {load + "/opt/libonnxruntime_providers_cuda.so with error: libcuda.so.1" + close, []string{"there is no libcuda.so.1", "driver 580 or newer", "--gpus all"}},
		"old driver":    {parse + "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version" + where, []string{"too old for CUDA 13", "driver 580 or newer"}},
		"no GPU":        {parse + "CUDA failure 100: no CUDA-capable device is detected" + where, []string{"sees no GPU", "--gpus all"}},
		"no such GPU":   {parse + "Invalid device id. Device id should be less than total number of devices (1)", []string{"no GPU of that number"}},
		"not its GPU":   {parse + "CUDA failure 101: invalid device ordinal" + where, []string{"no GPU of that number"}},
		"no cuDNN":      {"cuDNN library was not found", []string{"there is no libcudnn.so.9", "LD_LIBRARY_PATH"}},
		"no cuFFT":      {"cuFFT library was not found", []string{"there is no libcufft.so.12"}},
		"another cause": {load + "/opt/libonnxruntime_providers_cuda.so with error: /opt/libonnxruntime_providers_cuda.so: file too short", nil},
	} {
		t.Run(name, func(t *testing.T) {
			cause := cudaCause(c.text)
			if c.want == nil {
				require.Empty(t, cause)
			}
			for _, part := range c.want {
				require.Contains(t, cause, part)
			}
			require.NotContains(t, cause, "onnxruntime_src")
		})
	}
}

func TestErrorsOfTheCPUAreNotExplainedByCUDA(t *testing.T) {
	err := errors.New("cuDNN library was not found")
	require.Equal(t, err, explained("cpu", err))
	require.EqualError(t, explained("cuda:1", err),
		"device cuda:1 cannot be used: there is no libcudnn.so.9: cuDNN 9 for CUDA 13 is needed where the loader looks, for instance by LD_LIBRARY_PATH (scripts/setup.sh --only cuda fetches it; the image of docker/Dockerfile.gpu has it); or use --device cpu")
	other := errors.New("Load model failed")
	require.Equal(t, other, explained("cuda", other))
}
