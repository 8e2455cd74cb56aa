package client

import (
	"reflect"
	"testing"
)

// Each field of a context belongs to a section, or to none: what all sections take over and what is always taken over is
// everything.
func TestSectionsCoverTheContext(t *testing.T) {
	var from, into CustomerContext
	v := reflect.ValueOf(&from).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			if f.Type() == reflect.TypeFor[[]SectionStatus]() {
				f.Index(0).Field(0).SetString(string(SectionFacts))
			}
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.String:
			f.SetString("x")
		case reflect.Int, reflect.Int64:
			f.SetInt(1)
		case reflect.Struct:
			populateStruct(f)
		default:
			t.Fatalf("%s: what to do about a %s?", v.Type().Field(i).Name, f.Kind())
		}
	}
	var all []Section
	for _, s := range constants(t)["Section"] {
		all = append(all, Section(s))
	}
	into.apply(&from, all)
	got := reflect.ValueOf(into)
	for i := range got.NumField() {
		if !reflect.DeepEqual(got.Field(i).Interface(), v.Field(i).Interface()) {
			t.Errorf("%s is not taken over", v.Type().Field(i).Name)
		}
	}
}

// populateStruct sets the first field that it can.
func populateStruct(v reflect.Value) {
	if v.Type() == reflect.TypeFor[RepeatSummary]() {
		v.Field(0).SetInt(1)
		return
	}
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case !f.CanSet():
		case f.Kind() == reflect.String:
			f.SetString("x")
			return
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
			return
		}
	}
}
