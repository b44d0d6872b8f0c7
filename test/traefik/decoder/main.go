// Reads labels by Traefik's own decoder: a JSON list of sets of labels on standard input, a JSON list of what they say or of errors on
// standard output. With the argument "files" it reads texts of files instead, with "schema" it prints what Traefik's types let labels say.
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/traefik/paerser/types"
	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/config/label"
)

type answer struct {
	Decoded any    `json:"decoded,omitempty"`
	Error   string `json:"error,omitempty"`
}

var duration = reflect.TypeFor[types.Duration]()

// nameOf is the name in Traefik's files, and for what only labels have the field's own with a small letter.
func nameOf(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
	if name != "" && name != "-" {
		return name
	}
	return strings.ToLower(field.Name[:1]) + field.Name[1:]
}

// plain is a value as Traefik's files have it, without what is empty and stands in no pointer.
func plain(value reflect.Value) any {
	if value.Type() == duration {
		return value.Interface().(types.Duration).String()
	}
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if value.IsNil() {
			return nil
		}
		return plain(value.Elem())
	case reflect.Struct:
		found := map[string]any{}
		for at := range value.NumField() {
			field := value.Type().Field(at)
			if !field.IsExported() || field.Anonymous {
				continue
			}
			if one := value.Field(at); !one.IsZero() {
				found[nameOf(field)] = plain(one)
			}
		}
		return found
	case reflect.Map:
		found := map[string]any{}
		for _, key := range value.MapKeys() {
			found[key.String()] = plain(value.MapIndex(key))
		}
		return found
	case reflect.Slice:
		found := make([]any, value.Len())
		for at := range found {
			found[at] = plain(value.Index(at))
		}
		return found
	default:
		return value.Interface()
	}
}

type defaults interface{ SetDefaults() }

// schemaOf is a type as the decoder sees it. Structs are named once, in all.
func schemaOf(of reflect.Type, all map[string]any) any {
	if of == duration {
		return "duration"
	}
	switch of.Kind() {
	case reflect.Pointer:
		if of.Elem().Kind() == reflect.Struct {
			return schemaOf(of.Elem(), all)
		}
		return map[string]any{"pointer": schemaOf(of.Elem(), all)}
	case reflect.Struct:
		name := of.String()
		if _, known := all[name]; known {
			return map[string]any{"type": name}
		}
		fields := []any{}
		one := map[string]any{}
		all[name] = one
		// With those of embedded types, which count as its own.
		for _, field := range reflect.VisibleFields(of) {
			if !field.IsExported() || field.Anonymous {
				continue
			}
			described := map[string]any{"name": nameOf(field), "is": schemaOf(field.Type, all)}
			if field.Type.Kind() == reflect.Struct {
				described["embedded"] = true
			}
			if !strings.EqualFold(field.Name, nameOf(field)) {
				described["label"] = field.Name
			}
			if label := field.Tag.Get("label-slice-as-struct"); label != "" {
				described["label"] = label
				described["single"] = true
			}
			switch field.Tag.Get("label") {
			case "allowEmpty":
				described["allowEmpty"] = true
			case "-":
				described["ignored"] = true
				if field.Tag.Get("file") != "-" {
					described["inFiles"] = true
				}
			}
			if (field.Tag.Get("label") == "allowEmpty") != (field.Tag.Get("file") == "allowEmpty") {
				panic(field.Name + " may be empty in labels or in files, and not in both")
			}
			fields = append(fields, described)
		}
		one["fields"] = fields
		if made, ok := reflect.New(of).Interface().(defaults); ok {
			made.SetDefaults()
			one["defaults"] = plain(reflect.ValueOf(made))
		}
		return map[string]any{"type": name}
	case reflect.Map:
		if of.Elem().Kind() == reflect.Interface {
			return "raw"
		}
		return map[string]any{"map": schemaOf(of.Elem(), all)}
	case reflect.Slice:
		return map[string]any{"list": schemaOf(of.Elem(), all)}
	default:
		return of.Kind().String()
	}
}

// Provider is what Traefik's provider for Docker reads besides, in a type that it keeps to itself.
type Provider struct {
	Enable bool
	Docker *ProviderOptions
}

// ProviderOptions are those of one container.
type ProviderOptions struct {
	Network         *string
	LBSwarm         bool
	AllowNonRunning bool
}

func read(labels map[string]string) (found answer) {
	defer func() {
		// It ends badly for a bracket that is closed and not opened.
		if fault := recover(); fault != nil {
			found = answer{Error: fmt.Sprint(fault)}
		}
	}()
	own := Provider{Enable: true}
	if err := label.Decode(labels, &own, "traefik.docker.", "traefik.enable"); err != nil {
		return answer{Error: err.Error()}
	}
	configuration, err := label.DecodeConfiguration(labels)
	if err != nil {
		return answer{Error: err.Error()}
	}
	decoded := plain(reflect.ValueOf(configuration)).(map[string]any)
	decoded["enable"] = own.Enable
	return answer{Decoded: decoded}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "schema" {
		all := map[string]any{}
		schemaOf(reflect.TypeFor[dynamic.Configuration](), all)
		schemaOf(reflect.TypeFor[Provider](), all)
		// One line for each type.
		names := slices.Sorted(maps.Keys(all))
		for at, name := range names {
			line, err := json.Marshal(all[name])
			if err != nil {
				panic(err)
			}
			fmt.Printf("%s\"%s\": %s", map[bool]string{true: "{\n", false: ",\n"}[at == 0], name, line)
		}
		fmt.Println("\n}")
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "files" {
		print(readFiles())
		return
	}
	var sets []map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&sets); err != nil {
		panic(err)
	}
	answers := make([]answer, len(sets))
	for at, labels := range sets {
		answers[at] = read(labels)
	}
	print(answers)
}

func print(value any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
}
