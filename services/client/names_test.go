package client

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	contextv1 "github.com/throughline-cx/throughline/gen/go/throughline/context/v1"
	logv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/client/internal/wire"
)

// enums are the enumerations of the contract that this package has constants for, by the names of their types.
var enums = map[string][]protoreflect.EnumDescriptor{
	"Reason": {
		commonv1.ErrorReason(0).Descriptor(), contextv1.ErrorReason(0).Descriptor(), logv1.ErrorReason(0).Descriptor(),
	},
	"Sensitivity":        {commonv1.Sensitivity(0).Descriptor()},
	"View":               {contextv1.ContextView(0).Descriptor()},
	"Section":            {contextv1.ContextSection(0).Descriptor()},
	"WithheldReason":     {contextv1.WithheldReason(0).Descriptor()},
	"MatchOutcome":       {contextv1.MatchOutcome(0).Descriptor()},
	"Decision":           {contextv1.Decision(0).Descriptor()},
	"DecisionReason":     {contextv1.DecisionReason(0).Descriptor()},
	"FactAction":         {contextv1.FactAction(0).Descriptor()},
	"FactStatus":         {contextv1.FactStatus(0).Descriptor()},
	"QuestionAction":     {contextv1.QuestionAction(0).Descriptor()},
	"VerificationGap":    {contextv1.VerificationGap(0).Descriptor()},
	"CaseState":          {contextv1.CaseState(0).Descriptor()},
	"ResumeFactorKind":   {contextv1.ResumeFactorKind(0).Descriptor()},
	"HandoffState":       {contextv1.HandoffState(0).Descriptor()},
	"MergeCollisionKind": {contextv1.MergeCollisionKind(0).Descriptor()},
	"FlatStatus":         {contextv1.FlatStatus(0).Descriptor()},
	"Completeness":       {contextv1.Completeness(0).Descriptor()},
	"IncompleteReason":   {contextv1.IncompleteReason(0).Descriptor()},
	"Mood":               {contextv1.Mood(0).Descriptor()},
	"BriefItemKind":      {contextv1.BriefItemKind(0).Descriptor()},
	"Channel":            {logv1.Channel(0).Descriptor()},
	"ActorKind":          {logv1.ActorKind(0).Descriptor()},
	"IdentifierType":     {logv1.IdentifierType(0).Descriptor()},
	"VerificationLevel":  {logv1.VerificationLevel(0).Descriptor()},
	"Direction":          {logv1.Direction(0).Descriptor()},
	"InteractionOutcome": {logv1.InteractionOutcome(0).Descriptor()},
	"SegmentState":       {logv1.SegmentState(0).Descriptor()},
	"QuestionPurpose":    {logv1.QuestionPurpose(0).Descriptor()},
	"FactOrigin":         {logv1.FactOrigin(0).Descriptor()},
	"VerificationResult": {logv1.VerificationResult(0).Descriptor()},
	"FlowOutcome":        {logv1.FlowOutcome(0).Descriptor()},
	"CasePriority":       {logv1.CasePriority(0).Descriptor()},
	"TransferKind":       {logv1.TransferKind(0).Descriptor()},
	"LinkOrigin":         {logv1.LinkOrigin(0).Descriptor()},
	"ConsentStatus":      {logv1.ConsentStatus(0).Descriptor()},
	"SurveyMetric":       {logv1.SurveyMetric(0).Descriptor()},
	"BusinessOutcome":    {logv1.BusinessOutcome(0).Descriptor()},
	"RedactionKind":      {logv1.RedactionKind(0).Descriptor()},
}

// sources returns the files of the package without its tests.
func sources(t *testing.T) []*ast.File {
	t.Helper()
	pkgs, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { //nolint:staticcheck // one folder, no build tags
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, f := range pkgs["client"].Files {
		files = append(files, f)
	}
	if len(files) < 20 {
		t.Fatalf("found only %d files", len(files))
	}
	return files
}

// constants returns the values of the package's typed string constants, by type.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				typ, ok := v.Type.(*ast.Ident)
				if !ok {
					continue
				}
				value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatalf("%s: %v", v.Names[0].Name, err)
				}
				found[typ.Name] = append(found[typ.Name], value)
			}
		}
	}
	return found
}

func TestEveryValueHasItsConstant(t *testing.T) {
	have := constants(t)
	delete(have, "Code") // of gRPC, not of the contract
	for name, descriptors := range enums {
		var want []string
		for _, d := range descriptors {
			for i := range d.Values().Len() {
				if v := wire.ValueName(d.Values().Get(i)); v != "" {
					want = append(want, v)
				}
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		slices.Sort(have[name])
		for _, v := range want {
			if !slices.Contains(have[name], v) {
				t.Errorf("%s has no constant for %s", name, v)
			}
		}
		for _, v := range have[name] {
			if !slices.Contains(want, v) {
				t.Errorf("%s has a constant for %s, which the contract has not", name, v)
			}
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("the constants of %s are checked against nothing", name)
	}
}

// Users import this package and nothing generated: what is exported speaks of its own types, those of the standard
// library, and grpc-go's dial options.
func TestExportedNamesSpeakOfNoOtherPackage(t *testing.T) {
	allowed := []string{"context.Context", "time.Time", "time.Duration", "tls.Config", "iter.Seq2", "io.Writer", "grpc.DialOption"}
	check := func(where string, n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && !slices.Contains(allowed, x.Name+"."+s.Sel.Name) {
					t.Errorf("%s speaks of %s.%s", where, x.Name, s.Sel.Name)
				}
			}
			return true
		})
	}
	checked := 0
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if !d.Name.IsExported() || d.Recv != nil && !exportedReceiver(d.Recv) {
					continue
				}
				check(d.Name.Name, d.Type)
				checked++
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if typ, ok := spec.(*ast.TypeSpec); ok && typ.Name.IsExported() {
						checkType(typ, check)
						checked++
					}
				}
			}
		}
	}
	if checked < 150 {
		t.Errorf("checked only %d names", checked)
	}
}

func exportedReceiver(r *ast.FieldList) bool {
	typ := r.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}

// checkType checks a type, but for the fields of a struct that nobody outside sees.
func checkType(typ *ast.TypeSpec, check func(string, ast.Node)) {
	s, ok := typ.Type.(*ast.StructType)
	if !ok {
		check(typ.Name.Name, typ.Type)
		return
	}
	for _, f := range s.Fields.List {
		if len(f.Names) == 0 || f.Names[0].IsExported() {
			check(typ.Name.Name, f.Type)
		}
	}
}

// notWrapped are the methods that this package leaves to those who administer or replicate.
var notWrapped = []string{
	"GetPolicy", "UpdatePolicy", "CreateSlot", "GetSlot", "ListSlots", "UpdateSlot", "DeleteSlot",
	"IngestEvents", "ListEvents", "GetTranscript", "SearchEvents", "GetHead", "EraseHistory", "ListShards", "TailEvents",
}

// A method that the contract gains gets a call here, or is named as one that programs have no need of.
func TestEveryMethodIsCalled(t *testing.T) {
	called := map[string]bool{}
	for _, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.SelectorExpr); ok && (x.Sel.Name == "context" || x.Sel.Name == "log") {
					called[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	for _, file := range []protoreflect.FileDescriptor{
		contextv1.File_throughline_context_v1_context_service_proto,
		logv1.File_throughline_interactionlog_v1_interaction_log_service_proto,
	} {
		methods := file.Services().Get(0).Methods()
		for i := range methods.Len() {
			if name := string(methods.Get(i).Name()); called[name] == slices.Contains(notWrapped, name) {
				t.Errorf("%s is called: %v, and listed as not wrapped: %v", name, called[name], slices.Contains(notWrapped, name))
			}
		}
	}
}
