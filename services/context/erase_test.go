package contextservice_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	contextservice "github.com/throughline-cx/throughline/services/context"
)

// live returns where in the live records of a store's file any of the texts is.
func live(t *testing.T, path string, texts ...string) []string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var found []string
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				for _, text := range texts {
					if bytes.Contains(k, []byte(text)) || bytes.Contains(v, []byte(text)) {
						found = append(found, fmt.Sprintf("%s in %s, %q", text, name, k))
					}
				}
				return nil
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Of who was erased the file holds the id and that it was erased: after the erasure, and after it was built again.
func TestErasedCustomerIsNotInTheFile(t *testing.T) {
	const value, number = "planted-Zanzibar", "+12025550199"
	log, target := serveLog(t)
	data := t.TempDir()
	path := filepath.Join(data, contextservice.StoreFile)
	addr, stop := daemon(t, "--data", data, "--log-target", target)
	client := contextv1.NewContextServiceClient(dial(t, addr))
	caller := &contextv1.ResolveCustomerRequest{
		Identifiers:     []*logv1.Identifier{{Type: logv1.IdentifierType_IDENTIFIER_TYPE_PHONE, Value: number}},
		PlatformContact: &contextv1.PlatformContact{Platform: "sip", ContactId: "planted-call"},
	}
	who, err := client.ResolveCustomer(t.Context(), caller)
	if err != nil {
		t.Fatal(err)
	}
	for _, customer := range []string{who.GetCustomer(), "customers/other"} {
		if _, err := client.RecordFacts(t.Context(), &contextv1.RecordFactsRequest{
			Customer: customer, Facts: []*contextv1.FactInput{{Slot: "city", Value: value + " of " + customer}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.CreateHandoff(t.Context(), &contextv1.CreateHandoffRequest{
		Customer: who.GetCustomer(), Target: "billing", Summary: value, Origin: &contextv1.Origin{InteractionId: who.GetInteractionId()},
	}); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if live(t, path, "planted-call") == nil || live(t, path, number) == nil || live(t, path, value+" of "+who.GetCustomer()) == nil {
		t.Fatal("the file has nothing of what is to be erased")
	}

	addr, stop = daemon(t, "--data", data, "--log-target", target)
	client = contextv1.NewContextServiceClient(dial(t, addr))
	if _, err := client.EraseCustomer(t.Context(), &contextv1.EraseCustomerRequest{Customer: who.GetCustomer()}); err != nil {
		t.Fatal(err)
	}
	for _, life := range []string{"at once", "with the store deleted"} {
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if life == "with the store deleted" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			_, stop = daemon(t, "--data", data, "--log-target", target)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		}
		if found := live(t, path, number, "planted-call", value+" of "+who.GetCustomer()); found != nil {
			t.Errorf("%s: left are %v", life, found)
		}
		if live(t, path, value+" of customers/other") == nil {
			t.Errorf("%s: the other customer's snapshot is gone", life)
		}
		// Wherever the id is, it says that the customer was erased.
		for _, at := range live(t, path, strings.TrimPrefix(who.GetCustomer(), "customers/")) {
			if !strings.Contains(at, " in states,") && !strings.Contains(at, " in erased,") {
				t.Errorf("%s: the id is left: %s", life, at)
			}
		}
		addr, stop = daemon(t, "--data", data, "--log-target", target)
		client = contextv1.NewContextServiceClient(dial(t, addr))
		if _, err := client.GetContext(t.Context(), &contextv1.GetContextRequest{Customer: who.GetCustomer()}); status.Code(err) != codes.NotFound {
			t.Errorf("%s: %v", life, err)
		}
		_, err := client.GetContext(t.Context(), &contextv1.GetContextRequest{Identifier: caller.GetIdentifiers()[0]})
		if status.Code(err) != codes.NotFound {
			t.Errorf("%s: the telephone number: %v", life, err)
		}
	}
	if fresh, err := client.ResolveCustomer(t.Context(), caller); err != nil || !fresh.GetCreated() || fresh.GetCustomer() == who.GetCustomer() {
		t.Errorf("the same call again: %v, %v", fresh, err)
	}
	if n := len(log.Events(who.GetCustomer())); n != 5 {
		t.Errorf("%d events of who was erased", n)
	}
}
