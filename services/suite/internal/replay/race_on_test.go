//go:build race

package replay

// thin is by how much fewer real dialogues are played: the race detector makes each take many times as long.
const thin = 2
