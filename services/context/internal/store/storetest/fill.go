package storetest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/throughline-cx/throughline/services/context/internal/domain"
)

// FullState returns a state in which every exported field of every struct has a value of its own, so that a field that
// a store forgets shows up, also one that is added later.
func FullState() *domain.State {
	f := &filler{}
	s := &domain.State{}
	f.fill(reflect.ValueOf(s).Elem())
	return s
}

// filler gives each field another value.
type filler struct{ n int64 }

func (f *filler) fill(v reflect.Value) {
	f.n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(T0.Add(time.Duration(f.n) * time.Hour)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(f.n)
	case reflect.Float64:
		v.SetFloat(float64(f.n) / 1024)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("storetest: no value for a %s", v.Type()))
	}
}
