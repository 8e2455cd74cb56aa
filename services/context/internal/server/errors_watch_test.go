package server_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
)

// provokeWatches refuses and ends watches.
func provokeWatches() []provocation {
	// another is a server of the same world with other options.
	another := func(n *node, o server.Options) *node {
		n.options = o
		other := n.start(memstore.New())
		other.ready()
		return other
	}
	return []provocation{
		{"INVALID_RESUME_TOKEN", "WatchContext", "a token cut off by a log line", func(n *node) error {
			n.append("customers/1", stated("e1", "city", "Oslo"))
			n.followed()
			stream, _ := n.watch("")
			token := received(n.t, stream).GetResumeToken()
			stream, _ = n.watch(token[:len(token)-4])
			_, err := stream.Recv()
			return err
		}},
		{"TOO_MANY_WATCHES", "WatchContext", "one more than the server takes", func(n *node) error {
			n.append("customers/1", stated("e1", "city", "Oslo"))
			n = another(n, server.Options{MaxWatches: 1})
			first, _ := n.watch("")
			received(n.t, first)
			stream, _ := n.watch("")
			_, err := stream.Recv()
			return err
		}},
		{"SLOW_CONSUMER", "WatchContext", "a desktop that was suspended", func(n *node) error {
			const patience = 50 * time.Millisecond
			n = another(n, server.Options{SlowConsumer: patience})
			// More than the flow control window of a stream takes.
			for i := range 60 {
				n.append("customers/1", stated(fmt.Sprint("e", i), fmt.Sprint("slot", i), strings.Repeat("x", 4000)))
			}
			n.followed()
			var err error
			changes := 0
			n.eventually("the reader is dropped", func() bool {
				slow, cancel := n.watch("")
				for i := range 4 { // the reader takes nothing, and there is more and more to take
					changes++
					n.append("customers/1", stated(fmt.Sprint("more", changes), fmt.Sprint("slot", i), strings.Repeat("y", 4000)))
					time.Sleep(2 * patience)
				}
				defer time.AfterFunc(5*time.Second, cancel).Stop() // one who was quick enough after all stays
				for err = nil; err == nil; {
					_, err = slow.Recv()
				}
				return reasonOf(err) == "SLOW_CONSUMER"
			})
			return err
		}},
	}
}
