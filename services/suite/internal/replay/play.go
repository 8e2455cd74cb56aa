package replay

import (
	"context"
	"iter"
	"sync"
	"time"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/dialogue"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/play"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/score"
	"github.com/throughline-cx/throughline/services/suite/internal/slotfile"
	"github.com/throughline-cx/throughline/services/suite/internal/term"
)

// play plays the file to the server and scores the answers.
func (c *Cmd) play(ctx context.Context, tio *term.IO, s *server, slots []*contextv1.Slot, gold *score.Gold, file *source) (*Report, error) {
	client := contextv1.NewContextServiceClient(s.Conn)
	if _, err := slotfile.Import(ctx, client, slots); err != nil {
		return nil, err
	}
	dictionary, err := slotfile.List(ctx, client)
	if err != nil {
		return nil, err
	}
	set, inDictionary := datasets[c.Dataset], play.Secrets(dictionary)
	isSecret := func(scope, slot string) bool { return set.isSecret(scope, slot) || inDictionary(scope, slot) }
	h := &hall{
		gold: gold, isSecret: isSecret,
		player: &play.Player{
			Log: interactionlogv1.NewInteractionLogServiceClient(s.Conn), Context: client,
			Dataset: c.Dataset, ByWorker: c.By == "worker", IsSecret: isSecret, Calls: play.NewCalls(),
		},
	}
	customers := byDialogue(first(c.Limit, dialogue.Read(c.File, file, set.parse)))
	total := c.Limit
	if c.By == "worker" {
		spool, err := newSpool(file, c.File, set.parse, c.Limit)
		if err != nil {
			return nil, err
		}
		defer spool.Close()
		customers, total = spool.customers, spool.count
	}
	progress := h.watch(tio.Err, file, total)
	began := time.Now()
	err = h.run(ctx, c.Parallel, customers)
	took := time.Since(began)
	progress()
	if err != nil {
		return nil, err
	}
	r := h.report(took)
	r.Dataset, r.By, r.DictionarySlots = c.Dataset, c.By, len(dictionary)
	if c.Limit == 0 {
		r.GoldWithoutDialogue = int64(gold.Left())
	}
	return r, nil
}

// first passes on the first n of a sequence; all when n is 0.
func first(n int, all iter.Seq2[*dialogue.Dialogue, error]) iter.Seq2[*dialogue.Dialogue, error] {
	if n == 0 {
		return all
	}
	return func(yield func(*dialogue.Dialogue, error) bool) {
		left := n
		for d, err := range all {
			if left--; !yield(d, err) || left == 0 {
				return
			}
		}
	}
}

// hall is where many customers are served at once.
type hall struct {
	player   *play.Player
	gold     *score.Gold
	isSecret dialogue.IsSecret

	mu          sync.Mutex
	score       score.Score
	counts      play.Counts
	dialogues   int64
	empty       int64
	withoutGold int64
}

// run serves the customers, so many at once. It ends with the first error.
func (h *hall) run(ctx context.Context, parallel int, customers iter.Seq[customer]) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan customer)
	var desks sync.WaitGroup
	for range parallel {
		desks.Go(func() {
			for who := range queue {
				if err := h.serve(ctx, who); err != nil {
					cancel(err)
				}
			}
		})
	}
	for who := range customers {
		select {
		case queue <- who:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	desks.Wait()
	return context.Cause(ctx)
}

// serve plays one customer's dialogues, one after the other.
func (h *hall) serve(ctx context.Context, who customer) error {
	for d, err := range who {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		result, err := h.player.Play(ctx, d)
		if err != nil {
			return err
		}
		h.mark(d, result)
	}
	return nil
}

// mark compares the answers, now that all were given, with the gold.
func (h *hall) mark(d *dialogue.Dialogue, result play.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dialogues++
	h.counts.Add(result.Counts)
	if len(d.Legs) == 0 {
		h.empty++
	}
	rows, ok := h.gold.Take(d.ID)
	if !ok {
		h.withoutGold++
		return
	}
	h.score.Add(rows, result.Answers, h.isSecret)
}
