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
			n = another(n, server.Options{SlowConsumer: 50 * time.Millisecond})
			// More than the flow control window of a stream takes.
			for i := range 60 {
				n.append("customers/1", stated(fmt.Sprint("e", i), fmt.Sprint("slot", i), strings.Repeat("x", 4000)))
			}
			n.followed()
			slow, _ := n.watch("")
			quick, _ := n.watch("")
			received(n.t, quick)
			for i := range 4 {
				n.append("customers/1", stated(fmt.Sprint("more", i), fmt.Sprint("slot", i), strings.Repeat("y", 4000)))
				untilRevision(n.t, quick, int64(61+i))
			}
			for {
				if _, err := slow.Recv(); err != nil {
					return err
				}
			}
		}},
	}
}
