// Package auditor asks whether a CLIP model knows a person: the Identity Inference Attack of
// Hintersdorf et al. ("Does CLIP Know My Face?", JAIR 80, 2024) by its published rule, a calibrated
// rank p-value beside it, and how detection follows the person's frequency in the training data.
package auditor
