// `docker` of a guest: the commands that Phoenix and users of a lab run. Others are refused, and invalid ones are refused as by the real program.

import { existsSync, readFileSync } from 'node:fs';
import type { GuestProgram } from '../proxmox/guest/place.ts';
import { failed, type Outcome, ok } from '../tree/tree.ts';
import { composeDown, composeUp, projectOf } from './docker/compose.ts';
import { mergedText, variablesIn } from './docker/compose-file.ts';
import { byName, createContainer, listed, pull, remove, start } from './docker/containers.ts';
import { last, operands, type Parsed, parseOptions } from './docker/options.ts';
import { portsOf } from './docker/ports.ts';
import { DockerRefusal } from './docker/refusal.ts';
import { rootOf } from './docker/root.ts';
import { changeState, type DockerState, isInstalled, PROGRAM, type Root } from './docker/state.ts';
import { volume } from './docker/volumes.ts';

export const docker: GuestProgram = ({ node, id }, words) => {
  const root = rootOf(node, id);
  if (!isInstalled(root)) return failed(`${PROGRAM}: No such file or directory`, 127);
  try {
    const [name = '', ...rest] = words;
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) throw new DockerRefusal(`docker: unknown command: docker ${name}`);
    return changeState(root, (state) => command(root, state, rest));
  } catch (error) {
    if (error instanceof DockerRefusal) return error.outcome;
    throw error;
  }
};

type Command = (root: Root, state: DockerState, words: readonly string[]) => Outcome;

const lines = (texts: readonly string[]): Outcome => ok(texts.map((text) => `${text}\n`).join(''));

const COMMANDS: Readonly<Record<string, Command>> = {
  compose,
  volume,
  run,
  ps(_, state, words) {
    const options = parseOptions(words, {
      '--all': 'flag',
      '--no-trunc': 'flag',
      '--filter': 'value',
      '--format': 'value',
    });
    const filters = (options.values.get('--filter') ?? []).map((filter) => {
      const [, kind, wanted = ''] = /^(name|label)=(.+)$/.exec(filter) ?? [];
      if (kind === undefined) throw new DockerRefusal(`Error response from daemon: invalid filter '${filter}'`);
      return ({ name, labels }: DockerState['containers'][number]) =>
        kind === 'name'
          ? new RegExp(wanted).test(name)
          : Object.entries(labels).some((each) => each.join('=') === wanted);
    });
    json(options);
    const shown = state.containers.filter(
      (each) => (each.running || options.flags.has('--all')) && filters.every((filter) => filter(each)),
    );
    return lines(shown.map(listed));
  },
  pull(_, state, words) {
    const [image = ''] = operands(parseOptions(words, { '--quiet': 'flag' }), 1);
    pull(state, image);
    return lines([image]);
  },
  rm(_, state, words) {
    const options = parseOptions(words, { '--force': 'flag', '-f': 'flag' });
    for (const name of options.operands) {
      const container = byName(state, name);
      if (container.running && options.flags.size === 0) {
        throw new DockerRefusal(
          `Error response from daemon: cannot remove container "/${name}": container is running: stop the container before removing or force remove`,
        );
      }
      remove(state, container);
    }
    return lines(options.operands);
  },
  restart(root, state, words) {
    for (const name of words) start(root, state, byName(state, name));
    return lines(words);
  },
  stop(_, state, words) {
    for (const name of words) byName(state, name).running = false;
    return lines(words);
  },
  inspect(_, state, words) {
    const options = parseOptions(words, { '--format': 'value' });
    if (last(options, '--format') !== '{{.State.Running}}') {
      throw new DockerRefusal('the lab inspects containers only for {{.State.Running}}');
    }
    return lines(options.operands.map((name) => String(byName(state, name).running)));
  },
  logs: (_, state, [name = '']) => ok(byName(state, name).log),
  version: () => ok('Docker Engine - Community\n'),
};

function run(root: Root, state: DockerState, words: readonly string[]): Outcome {
  const options = parseOptions(
    words,
    {
      '--detach': 'flag',
      '--name': 'value',
      '--restart': 'value',
      '--label': 'value',
      '--publish': 'value',
      '--volume': 'value',
      '--env': 'value',
      '--env-file': 'value',
    },
    false,
  );
  const [image, ...command] = options.operands;
  if (image === undefined) throw new DockerRefusal('docker: "docker run" requires at least 1 argument.', 125);
  if (!options.flags.has('--detach')) throw new DockerRefusal('the lab runs containers only with --detach', 125);
  const pairs = (name: string): Record<string, string> =>
    Object.fromEntries((options.values.get(name) ?? []).map((each) => each.split(/=(.*)/s) as [string, string]));
  const container = createContainer(root, state, {
    name: last(options, '--name') ?? `lab_${state.containers.length + 1}`,
    image,
    project: null,
    service: null,
    labels: pairs('--label'),
    command,
    mounts: (options.values.get('--volume') ?? []).map((each) => {
      const [source = '', target = ''] = each.split(':');
      return { source, target };
    }),
    ports: (options.values.get('--publish') ?? []).flatMap(portsOf),
    env: {
      ...Object.assign({}, ...(options.values.get('--env-file') ?? []).map((path) => rawVariables(root, path))),
      ...pairs('--env'),
    },
  });
  return lines([container.id]);
}

/** One variable per line, taken literally: `docker run --env-file` knows no quotes. */
function rawVariables(root: Root, path: string): Record<string, string> {
  if (!existsSync(root.at(path))) throw new DockerRefusal(`docker: open ${path}: no such file or directory.`, 125);
  const written = readFileSync(root.at(path), 'utf8')
    .split('\n')
    .filter((line) => /^[^#=\s][^=]*=/.test(line));
  return Object.fromEntries(written.map((line) => line.split(/=(.*)/s) as [string, string]));
}

function compose(root: Root, state: DockerState, words: readonly string[]): Outcome {
  const options = parseOptions(words, { '--project-name': 'value', '--file': 'value', '--env-file': 'value' }, false);
  const project = last(options, '--project-name') ?? '';
  if (!/^[a-z0-9][-_a-z0-9]*$/.test(project)) {
    throw new DockerRefusal(
      `invalid project name "${project}": must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
    );
  }
  const [verb = '', ...rest] = options.operands;
  const textOf = (path: string): string => {
    if (!existsSync(root.at(path))) throw new DockerRefusal(`open ${path}: no such file or directory`, 14);
    return readFileSync(root.at(path), 'utf8');
  };
  const variables = (options.values.get('--env-file') ?? []).map((path) => variablesIn(textOf(path)));
  switch (verb) {
    case 'up': {
      const how = parseOptions(rest, { '--detach': 'flag', '--remove-orphans': 'flag' });
      const [path = ''] = options.values.get('--file') ?? [];
      const beside = {
        folder: path.slice(0, path.lastIndexOf('/')),
        textOf: (file: string) => (existsSync(root.at(file)) ? readFileSync(root.at(file), 'utf8') : null),
      };
      const removeOrphans = how.flags.has('--remove-orphans');
      const text = mergedText((options.values.get('--file') ?? []).map(textOf));
      composeUp(root, state, { project, text, variables: Object.assign({}, ...variables), beside, removeOrphans });
      return ok();
    }
    case 'ps': {
      const how = parseOptions(rest, { '--all': 'flag', '--format': 'value' });
      json(how);
      const shown = projectOf(state, project).filter(({ running }) => running || how.flags.has('--all'));
      return lines(shown.map(listed));
    }
    case 'restart':
      for (const container of projectOf(state, project)) start(root, state, container);
      return ok();
    case 'down':
      parseOptions(rest, { '--remove-orphans': 'flag' });
      composeDown(state, project);
      return ok();
    default:
      throw new DockerRefusal(`unknown docker command: "compose ${verb}"`);
  }
}

function json(options: Parsed): void {
  if (last(options, '--format') !== 'json') throw new DockerRefusal('the lab lists containers only as json');
}
