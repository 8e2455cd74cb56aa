package server_test

import (
	"bytes"
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/context/internal/server"
	"github.com/throughline-cx/throughline/services/internal/auth"
	"github.com/throughline-cx/throughline/services/internal/rpc"
	"github.com/throughline-cx/throughline/services/internal/testkit"
)

// as returns a client of the node whose calls are made with a role.
func (n *node) as(role commonv1.Role) contextv1.ContextServiceClient {
	n.t.Helper()
	caller, err := auth.NewCaller(auth.DefaultTenant, auth.Roles(role), "test")
	if err != nil {
		n.t.Fatal(err)
	}
	conn := testkit.Serve(n.t, rpc.Options{Domain: server.Domain, Authenticate: func(ctx context.Context, _ string) (context.Context, error) {
		return auth.WithCaller(ctx, caller), nil
	}}, func(r grpc.ServiceRegistrar) {
		o := n.options
		o.View, o.HandoffKey = n.view, testKey
		contextv1.RegisterContextServiceServer(r, server.New(o))
	})
	return contextv1.NewContextServiceClient(conn)
}

// A role sees what it is cleared for, and is told what it does not see, whoever asked before.
func TestRolesSeeWhatTheyAreClearedFor(t *testing.T) {
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/account", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE})
	n.slot(&contextv1.Slot{Name: "slots/city", Sensitivity: commonv1.Sensitivity_SENSITIVITY_PERSONAL})
	n.append(c1, stated("e1", "account", "A-17"), stated("e2", "city", "Oslo"))
	n.followed()
	agent, bot := n.as(commonv1.Role_ROLE_AGENT), n.as(commonv1.Role_ROLE_BOT)
	withheld := contextv1.WithheldReason_WITHHELD_REASON_NOT_CLEARED
	for range 2 {
		for _, tt := range []struct {
			name     string
			client   contextv1.ContextServiceClient
			account  string
			withheld contextv1.WithheldReason
			decision contextv1.Decision
			flat     string
		}{
			{"agent", agent, "A-17", 0, contextv1.Decision_DECISION_USE, "use"},
			{"bot", bot, "***", withheld, contextv1.Decision_DECISION_WITHHOLD, "withhold"},
		} {
			got := must(tt.client.GetContext(n.ctx(), &contextv1.GetContextRequest{Customer: c1}))(t)
			facts := map[string]*contextv1.Fact{}
			for _, f := range got.GetFacts() {
				facts[f.GetSlotId()] = f
			}
			if f := facts["account"]; f.GetValue() != tt.account || f.GetWithheld() != tt.withheld || facts["city"].GetValue() != "Oslo" {
				t.Errorf("%s: %v", tt.name, got.GetFacts())
			}
			known := 0
			for _, d := range got.GetDoNotAsk() {
				if d.GetSlotId() == "account" {
					known++
				}
			}
			if (known == 1) != (tt.withheld == 0) || got.GetBrief().GetText() == "" {
				t.Errorf("%s: do not ask %v, brief %v", tt.name, got.GetDoNotAsk(), got.GetBrief())
			}
			p := must(tt.client.PlanQuestions(n.ctx(), &contextv1.PlanQuestionsRequest{Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: "account"}}}))(t).GetPlans()[0]
			if p.GetDecision() != tt.decision || (p.GetValue() != "") != (tt.withheld == 0) {
				t.Errorf("%s: plan %v", tt.name, p)
			}
			flat := must(tt.client.GetFlatContext(n.ctx(), &contextv1.GetFlatContextRequest{Customer: c1, Slots: []string{"account", "city"}}))(t)
			if v := flat.GetValues(); v["decision_account"] != tt.flat || (v["slot_account"] != "") != (tt.withheld == 0) || v["slot_city"] != "Oslo" {
				t.Errorf("%s: flat %v", tt.name, v)
			}
		}
	}
}

// No answer to a bot holds a value that it is not cleared for, in whatever part of whichever view, and whoever is told of
// it at the same time.
func TestNoAnswerHoldsWhatTheRoleMayNotSee(t *testing.T) {
	const hidden = "A-17-secret-account"
	n := run(t)
	n.slot(&contextv1.Slot{Name: "slots/account", Sensitivity: commonv1.Sensitivity_SENSITIVITY_SENSITIVE})
	n.append(c1, stated("e1", "account", hidden), stated("e2", "city", "Oslo"))
	n.followed()
	agent, bot := n.as(commonv1.Role_ROLE_AGENT), n.as(commonv1.Role_ROLE_BOT)
	ctx, cancel := context.WithCancel(n.ctx())
	t.Cleanup(cancel)
	question := &contextv1.RecordQuestionRequest{Customer: c1, Slot: "account", RequestId: "q", Origin: &contextv1.Origin{
		Actor: &logv1.Actor{Kind: logv1.ActorKind_ACTOR_KIND_AGENT, Id: "pretended"},
	}}
	for name, ask := range map[string]func(contextv1.ContextServiceClient, contextv1.ContextView) (proto.Message, error){
		"context": func(c contextv1.ContextServiceClient, v contextv1.ContextView) (proto.Message, error) {
			return c.GetContext(ctx, &contextv1.GetContextRequest{Customer: c1, View: v})
		},
		"watch": func(c contextv1.ContextServiceClient, v contextv1.ContextView) (proto.Message, error) {
			s, err := c.WatchContext(ctx, &contextv1.WatchContextRequest{Customer: c1, View: v})
			if err != nil {
				return nil, err
			}
			return s.Recv()
		},
		"flat": func(c contextv1.ContextServiceClient, _ contextv1.ContextView) (proto.Message, error) {
			return c.GetFlatContext(ctx, &contextv1.GetFlatContextRequest{Customer: c1})
		},
		"plan": func(c contextv1.ContextServiceClient, _ contextv1.ContextView) (proto.Message, error) {
			return c.PlanQuestions(ctx, &contextv1.PlanQuestionsRequest{Customer: c1, Slots: []*contextv1.SlotRequest{{Slot: "account"}}})
		},
		"question": func(c contextv1.ContextServiceClient, _ contextv1.ContextView) (proto.Message, error) {
			return c.RecordQuestion(ctx, question)
		},
	} {
		for v := range contextv1.ContextView_name {
			view := contextv1.ContextView(v)
			has := func(c contextv1.ContextServiceClient) bool {
				b := must(proto.Marshal(must(ask(c, view))(t)))(t)
				return bytes.Contains(b, []byte(hidden))
			}
			// The agent asks first and last: what was made for one must not be kept for the other.
			tells := has(agent)
			if has(bot) || has(agent) != tells {
				t.Errorf("%s, %s: a bot is told", name, view)
			}
			if !tells && (name != "context" && name != "watch" || view == contextv1.ContextView_CONTEXT_VIEW_FULL) {
				t.Errorf("%s, %s: an agent is not told", name, view)
			}
		}
	}
}
