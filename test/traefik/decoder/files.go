package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/traefik/paerser/file"
	"github.com/traefik/traefik/v3/pkg/config/dynamic"
)

// readFiles reads a JSON list of texts on standard input as files of the file provider.
func readFiles() []answer {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := make([]answer, len(texts))
	for at, text := range texts {
		answers[at] = readFile(text)
	}
	return answers
}

func readFile(text string) (found answer) {
	defer func() {
		// It ends badly for fields below what is none.
		if fault := recover(); fault != nil {
			found = answer{Error: fmt.Sprint(fault)}
		}
	}()
	configuration := &dynamic.Configuration{}
	if err := file.DecodeContent(text, ".yml", configuration); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Decoded: true}
}
