package replay
import ("testing";"fmt")
func TestSgdScratch(t *testing.T){ r:=replayed(t, Cmd{Dataset:"sgd",By:"dialogue"}, "sgd/dev.jsonl.gz","sgd/carryover.dev.jsonl"); fmt.Println(r.Precision,r.Recall) }
func TestWorkerScratch(t *testing.T){ r:=replayed(t, Cmd{Dataset:"star",By:"worker"}, "star/dialogues.dev.jsonl.gz","star/carryover.dev.jsonl"); fmt.Println(r.Precision,r.Recall) }
