// Verbs of programs that are calls of the API: pveum, ha-manager, pvenode and others share their methods with pvesh.

import { verbNamed, verbsOf } from '../../../../src/proxmox/parameters/table.ts';
import type { Call, Verb } from '../call.ts';
import type { Output } from '../parameters/api-call.ts';
import type { Parameters } from '../parameters/check.ts';
import { FORMAT_OPTIONS } from '../parameters/usage.ts';
import { printResult } from './print-result.ts';
import { apiAnswer } from './pvesh.ts';

/** Prints what a method returned. */
type Print = (call: Call, data: unknown, output: Output) => void;

interface Way {
  /** Parameters that the verb gives itself. */
  readonly fixed?: Parameters;
  readonly print?: Print;
}

/**
 * @param ways how verbs differ from a plain call, by name without the program
 * @param own verbs that are no calls
 */
export function apiVerbs(
  program: string,
  ways: Readonly<Record<string, Way>> = {},
  own: Readonly<Record<string, Verb>> = {},
): Readonly<Record<string, Verb>> {
  const calls = verbsOf(program).flatMap(({ words }) => {
    const name = words.join(' ');
    const verb = verbNamed(`${program} ${name}`);
    return verb?.method === undefined
      ? []
      : [[`${program} ${name}`, callOf(verb.method, verb.formatOptions === true, ways[name] ?? {})] as const];
  });
  return { ...Object.fromEntries(calls), ...own };
}

/** A verb with options for the form of its output prints what the method returned, others print nothing by themselves. */
function callOf(api: string, isFormatted: boolean, { fixed = {}, print }: Way): Verb {
  const [method = '', template = ''] = api.split(' ');
  return (call, parameters) => {
    const given = Object.entries(parameters).filter(([name]) => !FORMAT_OPTIONS.has(name));
    const all = { ...Object.fromEntries(given), ...fixed };
    const onNode = template.startsWith('/nodes/{node}') && all['node'] === undefined ? { node: call.node.name } : {};
    const data = apiAnswer(call, method, template, { ...all, ...onNode });
    const output = parameters['quiet'] === '1' ? undefined : ((parameters['output-format'] ?? 'text') as Output);
    if (print !== undefined) print(call, data, output);
    else if (isFormatted) call.stdout += printResult(data, output);
    return undefined;
  };
}
