//go:build !race

package replay

// thin is by how much fewer real dialogues are played.
const thin = 1
