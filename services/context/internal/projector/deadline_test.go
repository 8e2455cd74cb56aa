package projector_test

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/domain"
	"github.com/throughline-cx/throughline/services/context/internal/logfake"
	"github.com/throughline-cx/throughline/services/context/internal/projector"
	"github.com/throughline-cx/throughline/services/context/internal/store/memstore"
	"github.com/throughline-cx/throughline/services/internal/fault"
	"github.com/throughline-cx/throughline/services/internal/rpc"
)

// slowBy is how long each call takes in the trouble called slow.
const slowBy = 300 * time.Millisecond

// trouble is a way in which the log can fail its readers.
type trouble struct {
	name  string
	begin func(*logfake.Log)
	// refused makes connections fail, instead of calls.
	refused bool
	// why are the reasons that an answer may give.
	why map[projector.Why]bool
}

func whys(w ...projector.Why) map[projector.Why]bool {
	m := map[projector.Why]bool{}
	for _, x := range w {
		m[x] = true
	}
	return m
}

var troubles = []trouble{
	{name: "down", begin: (*logfake.Log).Down, why: whys(projector.LogUnreachable)},
	// A call that is refused is tried again, and may run out of time before it is known to be in vain.
	{name: "refused", begin: (*logfake.Log).Down, refused: true, why: whys(projector.LogUnreachable, projector.LogSlow)},
	{name: "slow", begin: func(l *logfake.Log) { l.Slow(slowBy) }, why: whys(projector.LogSlow)},
	{name: "paused", begin: (*logfake.Log).Pause, why: whys(projector.LogSlow)},
}

// inTrouble calls test with a projector that has just started, on a store that has the first of the two events of
// customer c1, and with the log in each kind of trouble, for calls with each deadline. enough says that the deadline leaves
// time for a slow call.
func inTrouble(t *testing.T, test func(t *testing.T, f *fixture, tr trouble, call func(do func(ctx context.Context)), enough bool)) {
	for _, tr := range troubles {
		for _, deadline := range []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 800 * time.Millisecond} {
			t.Run(fmt.Sprint(tr.name, " ", deadline), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					log, client := newLog(t)
					warm := follow(t, log, client, memstore.New(), nil)
					warm.append("c1", stated("e1", "city", "x"), linked("l1", phoneKey.Value))
					rest()
					warm.stop()
					warm.append("c1", stated("e2", "city", "y"))
					tr.begin(log)
					if tr.refused {
						client = refusing(t)
					}
					f := follow(t, log, client, warm.store, nil)
					synctest.Wait()
					call := func(do func(ctx context.Context)) {
						t.Helper()
						ctx, cancel := context.WithTimeout(t.Context(), deadline)
						defer cancel()
						do(ctx)
						if ctx.Err() != nil {
							t.Errorf("the answer came after the deadline")
						}
					}
					test(t, f, tr, call, tr.name == "slow" && deadline > slowBy)
					log.Resume()
				})
			})
		}
	}
}

// refusing returns a client whose connections are refused.
func refusing(t *testing.T) logv1.InteractionLogServiceClient {
	t.Helper()
	conn, err := rpc.Dial("passthrough:///nobody", rpc.DialOptions{
		Services: []string{logv1.InteractionLogService_ServiceDesc.ServiceName},
		Dialer:   func(context.Context, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return logv1.NewInteractionLogServiceClient(conn)
}

// A read answers in time with what there is, and says what may be missing.
func TestReadsAnswerInTime(t *testing.T) {
	inTrouble(t, func(t *testing.T, f *fixture, tr trouble, call func(func(context.Context)), enough bool) {
		for name, c := range map[string]struct {
			customer      string
			want          projector.Want
			stored, fresh int64 // the revisions without and with the log
			why           map[projector.Why]bool
		}{
			"stored":  {"c1", projector.Want{}, 2, 3, tr.why},
			"unknown": {"nobody", projector.Want{}, 0, 0, tr.why},
			"token":   {"c1", projector.Want{AtLeast: 3}, 2, 3, whys(projector.Behind)},
		} {
			call(func(ctx context.Context) {
				r, err := f.Read(ctx, c.customer, c.want)
				switch {
				case err != nil:
					t.Errorf("%s: %v", name, err)
				case enough:
					// What another read has learnt was complete then; the view is not.
					if r.State.Revision != c.fresh || r.Why != projector.Complete && r.Why != projector.Building {
						t.Errorf("%s: revision %d, %v", name, r.State.Revision, r.Why)
					}
				case r.State.Revision != c.stored || r.Complete || !c.why[r.Why] || r.Full || fault.KindOf(r.Err()) != fault.Unavailable:
					t.Errorf("%s: revision %d, %v, full %v", name, r.State.Revision, r.Why, r.Full)
				}
			})
		}
		call(func(ctx context.Context) {
			r, err := f.Read(ctx, "c1", projector.Want{Full: true})
			if enough {
				if err != nil || r.State.Revision != 3 || !r.Full {
					t.Errorf("full: %+v, %v", r.Current, err)
				}
			} else if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("full: %v", err)
			}
		})
	})
}

// A token of another log is still told from one that is not reached in time.
func TestTokenAheadOfTheLog(t *testing.T) {
	log, client := newLog(t)
	f := follow(t, log, client, memstore.New(), nil)
	f.append("c1", stated("e1", "city", "x"))
	f.settle()
	if _, err := f.Read(t.Context(), "c1", projector.Want{AtLeast: 9}); fault.ReasonOf(err) != fault.InvalidConsistencyToken {
		t.Errorf("got %v", err)
	}
	log.Down()
	r, err := f.Read(t.Context(), "c1", projector.Want{AtLeast: 9})
	if err != nil || r.Why != projector.Behind || r.State.Revision != 1 {
		t.Errorf("with the log down: %v, %v", r.Why, err)
	}
}

// Who needs the whole view, or the dictionary, is told in time that it is not there; a known identifier is found.
func TestWaitsEndInTime(t *testing.T) {
	inTrouble(t, func(t *testing.T, f *fixture, _ trouble, call func(func(context.Context)), enough bool) {
		call(func(ctx context.Context) {
			if err := f.WaitDictionary(ctx); enough != (err == nil) || f.DictionaryKnown() != enough ||
				!enough && fault.KindOf(err) != fault.Unavailable {
				t.Errorf("the dictionary: %v", err)
			}
		})
		other := domain.IdentifierKey{Type: domain.IdentifierPhone, Value: "+12025550199"}
		call(func(ctx context.Context) {
			owners, err := f.Lookup(ctx, []domain.IdentifierKey{phoneKey})
			if err != nil || owners[0].Customer != "c1" {
				t.Errorf("a known identifier: %v, %v", owners, err)
			}
		})
		for name, do := range map[string]func(context.Context) error{
			"an unknown identifier": func(ctx context.Context) error {
				_, err := f.Lookup(ctx, []domain.IdentifierKey{phoneKey, other})
				return err
			},
			"a claim": func(ctx context.Context) error {
				_, err := f.Claim(ctx, domain.ClaimRequest{Keys: []domain.IdentifierKey{other}, NewCustomer: "n", Now: f.Now()})
				return err
			},
			"the view": f.WaitReady,
		} {
			call(func(ctx context.Context) {
				if err := do(ctx); fault.KindOf(err) != fault.Unavailable && !enough {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
	})
}

// A customer in memory is answered at once, and soon says that the log is in trouble; and when it is over, that it is.
func TestWarmReadsKnowOfTrouble(t *testing.T) {
	for _, tr := range append(troubles[:1:1], trouble{name: "paused", begin: (*logfake.Log).Pause, why: whys(projector.LogSlow)},
		trouble{name: "stalled", begin: (*logfake.Log).StallTails, why: whys(projector.Behind)}) {
		t.Run(tr.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, client := newLog(t)
				f := follow(t, log, client, memstore.New(), func(o *projector.Options) {
					o.PollEvery, o.SaveEvery = 100*time.Millisecond, time.Second
				})
				f.append("c1", stated("e1", "city", "x"))
				rest()
				read := func(revision int64) projector.Why {
					t.Helper()
					began := time.Now()
					r, err := f.Read(t.Context(), "c1", projector.Want{})
					if err != nil || r.State.Revision != revision || time.Since(began) != 0 || r.Complete != (r.Why == projector.Complete) {
						t.Errorf("%+v after %v, %v", r, time.Since(began), err)
					}
					return r.Why
				}
				if why := read(1); why != projector.Complete {
					t.Errorf("before: %v", why)
				}
				tr.begin(log)
				f.append("c1", stated("e2", "city", "y"))
				time.Sleep(time.Second) // ten polls
				if why := read(1); !tr.why[why] {
					t.Errorf("in trouble: %v", why)
				}
				log.Resume()
				time.Sleep(time.Minute) // calls that hang have to end
				if why := read(2); why != projector.Complete {
					t.Errorf("afterwards: %v", why)
				}
			})
		})
	}
}

// Without a deadline a read that has something to show waits for ReadWait at most.
func TestReadWithoutADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, client := newLog(t)
		store := memstore.New()
		if err := store.Save(t.Context(), domain.Progress{States: []domain.StateRecord{{
			Tenant: "default", Customer: "c1", State: &domain.State{Revision: 1},
		}}}); err != nil {
			t.Fatal(err)
		}
		log.Pause()
		f := follow(t, log, client, store, nil)
		began := time.Now()
		r, err := f.Read(t.Context(), "c1", projector.Want{})
		if err != nil || r.Complete || r.Why != projector.LogSlow || time.Since(began) > time.Second {
			t.Errorf("%+v after %v, %v", r, time.Since(began), err)
		}
		log.Resume()
	})
}

// A view that has all of the log when it begins is not behind until somebody looks again.
func TestCompleteFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, client := newLog(t)
		f := follow(t, log, client, memstore.New(), func(o *projector.Options) { o.PollEvery = time.Hour })
		synctest.Wait()
		f.append("c1", stated("e1", "city", "x"))
		synctest.Wait()
		r, err := f.Read(t.Context(), "c1", projector.Want{})
		if err != nil || !r.Complete || r.State.Revision != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
