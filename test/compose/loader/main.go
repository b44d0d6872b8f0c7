// Reads files as Docker Compose does: a JSON list of compose files on standard input, each a text or one with its variables and whether
// the file is held to be consistent, or with the argument "variables" of files of variables; a JSON list of models or errors on
// standard output.
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

type file struct {
	Text       string            `json:"text"`
	Variables  map[string]string `json:"variables"`
	Consistent bool              `json:"consistent"`
}

func (f *file) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, &f.Text); err == nil {
		return nil
	}
	type fields file
	return json.Unmarshal(data, (*fields)(f))
}

func load(f file) answer {
	details := types.ConfigDetails{
		WorkingDir:  "/srv",
		ConfigFiles: []types.ConfigFile{{Filename: "docker-compose.yml", Content: []byte(f.Text)}},
		Environment: f.Variables,
	}
	project, err := loader.LoadWithContext(context.Background(), details, func(options *loader.Options) {
		options.SetProjectName("case", true)
		options.SkipConsistencyCheck = !f.Consistent
		if profiles, ok := f.Variables["COMPOSE_PROFILES"]; ok {
			options.Profiles = strings.Split(profiles, ",")
		}
	})
	return answerOf(project, err)
}

func variables(f file) answer {
	values, err := dotenv.ParseWithLookup(strings.NewReader(f.Text), nil)
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
	var files []file
	if err := json.NewDecoder(os.Stdin).Decode(&files); err != nil {
		panic(err)
	}
	read := load
	if len(os.Args) > 1 && os.Args[1] == "variables" {
		read = variables
	}
	answers := make([]answer, len(files))
	for at, each := range files {
		answers[at] = read(each)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
