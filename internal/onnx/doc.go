// Package onnx loads ONNX Runtime and runs graphs on it. It is the only importer of the binding;
// clip and face build on it.
package onnx
