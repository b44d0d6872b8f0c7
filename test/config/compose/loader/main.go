// Reads files as Docker Compose does: a JSON list of compose files, or with the argument "variables" of files of variables, on standard
// input; a JSON list of models or errors on standard output.
package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

type answer struct {
	Model json.RawMessage `json:"model,omitempty"`
	Error string          `json:"error,omitempty"`
}

func load(text string) answer {
	details := types.ConfigDetails{
		WorkingDir:  "/srv",
		ConfigFiles: []types.ConfigFile{{Filename: "docker-compose.yml", Content: []byte(text)}},
		Environment: types.Mapping{},
	}
	project, err := loader.LoadWithContext(context.Background(), details, func(options *loader.Options) {
		options.SetProjectName("case", true)
		options.SkipConsistencyCheck = true
	})
	return answerOf(project, err)
}

func variables(text string) answer {
	values, err := dotenv.ParseWithLookup(strings.NewReader(text), nil)
	return answerOf(values, err)
}

func answerOf(value any, err error) answer {
	if err != nil {
		return answer{Error: err.Error()}
	}
	model, err := json.Marshal(value)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Model: model}
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	read := load
	if len(os.Args) > 1 && os.Args[1] == "variables" {
		read = variables
	}
	answers := make([]answer, len(texts))
	for at, text := range texts {
		answers[at] = read(text)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
