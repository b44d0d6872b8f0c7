// Standard files of every config repo: Git attributes, JSON Schemas, and the workflow that checks changes.

import { jsonSchema } from '../../load/json-schema.ts';
import type { JsonObject } from '../../model/json.ts';
import { jsonText } from '../host/written-snapshot.ts';

/** Scripts need LF line ends, even if edited on Windows. */
const ATTRIBUTES = `* text=auto eol=lf
*.sh text eol=lf
*.png binary
*.zip binary
`;

/** Skipped until the repository sets Phoenix's location, since no copy of Phoenix is hard-coded. */
const WORKFLOW = `# Checks each pull request and push, and shows what it would change. It reads the repository and runs nothing of it.
# Two variables of the repository (Settings, Secrets and variables, Actions, Variables) say with which Phoenix:
#   PHOENIX_REPOSITORY   your copy of Phoenix, as owner/name
#   PHOENIX_REF          a commit of it
name: phoenix

on:
  pull_request:
  push:
    branches: [main]

permissions: {}

jobs:
  plan:
    name: Validate and plan
    if: vars.PHOENIX_REPOSITORY != ''
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          path: config
          ref: \${{ github.event.pull_request.head.sha || github.sha }}
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          path: phoenix
          repository: \${{ vars.PHOENIX_REPOSITORY }}
          ref: \${{ vars.PHOENIX_REF }}
          persist-credentials: false
      - uses: actions/setup-node@a0853c24544627f65ddf259abe73b1d18a591444 # v5.0.0
        with:
          node-version-file: phoenix/.node-version
      - name: Install Phoenix
        working-directory: phoenix
        run: npm ci --omit=dev --ignore-scripts --no-audit --no-fund
      - name: Validate and plan
        working-directory: phoenix
        env:
          BASE: \${{ github.event.pull_request.base.sha || github.event.before }}
          HEAD: \${{ github.event.pull_request.head.sha || github.sha }}
        run: node deploy/actions/check.ts ../config
`;

/**
 * All files of a new config repo except its README, by path. @param configs config files
 */
export function repositoryFiles(configs: Readonly<Record<string, JsonObject>>): Record<string, string> {
  const files: Record<string, string> = { '.gitattributes': ATTRIBUTES, '.github/workflows/phoenix.yml': WORKFLOW };
  for (const [path, value] of Object.entries(configs)) {
    if (path.startsWith('stacks/')) {
      Object.assign(files, { [path]: jsonText(value) }, schemaFile('stack'));
      continue;
    }
    const name = path.replace(/^.*\//, '').replace(/\.json$/, '');
    const schema = schemaFile(name);
    const isKnown = Object.keys(schema).length > 0;
    files[path] = jsonText(isKnown ? { $schema: `./schemas/${name}.schema.json`, ...value } : value);
    Object.assign(files, schema);
  }
  return files;
}

/** The JSON Schema of a file by its path; empty for a file that has none. */
function schemaFile(name: string): Record<string, string> {
  const schema = jsonSchema(name);
  return schema === undefined ? {} : { [`etc/schemas/${name}.schema.json`]: jsonText(schema) };
}
