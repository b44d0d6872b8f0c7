// `docker volume` of a guest.

import { type Outcome, ok } from '../../tree/tree.ts';
import { last, operands, parseOptions } from './options.ts';
import { DockerRefusal } from './refusal.ts';
import type { DockerState, Root } from './state.ts';

export function volume(_: Root, state: DockerState, [verb = '', ...words]: readonly string[]): Outcome {
  if (verb === 'ls') {
    const options = parseOptions(words, { '--format': 'value' });
    if (last(options, '--format') !== '{{.Name}}') throw new DockerRefusal('the lab lists volumes only by {{.Name}}');
    return ok(state.volumes.map(({ name }) => `${name}\n`).join(''));
  }
  if (verb === 'inspect') {
    const found = words.map((name) => {
      const one = state.volumes.find((each) => each.name === name);
      if (one === undefined) throw new DockerRefusal(`Error response from daemon: get ${name}: no such volume`);
      return {
        Name: one.name,
        Driver: one.driver,
        Options: Object.keys(one.options).length === 0 ? null : one.options,
      };
    });
    return ok(`${JSON.stringify(found, null, 4)}\n`);
  }
  if (verb === 'create') {
    const options = parseOptions(words, { '--driver': 'value', '--opt': 'value' });
    const [name = ''] = operands(options, 1);
    const opts = (options.values.get('--opt') ?? []).map((each) => each.split(/=(.*)/s) as [string, string]);
    if (!state.volumes.some((each) => each.name === name)) {
      state.volumes.push({ name, driver: last(options, '--driver') ?? 'local', options: Object.fromEntries(opts) });
    }
    return ok(`${name}\n`);
  }
  if (verb === 'rm') {
    state.volumes = state.volumes.filter(({ name }) => !words.includes(name));
    return ok(`${words.join('\n')}\n`);
  }
  throw new DockerRefusal(`unknown command: docker volume ${verb}`);
}
