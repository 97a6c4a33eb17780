// Package face finds faces in images and turns each into a vector: a detector (YuNet or CenterFace)
// gives boxes and five landmarks, the face is turned upright and cut out by them, and a recogniser
// (of ArcFace's or dlib's layout) gives a vector. Vectors of one person are close, those of two are
// not.
package face
