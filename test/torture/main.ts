// `npm run torture`: every fault many times, a row for each: tries, wrong ends, the seed that gives the same again. Names of
// scenarios as arguments run only those; `--tries N` and `--seed N` change how often and with which inputs.

import { parseArgs } from 'node:util';
import { inputsOf, type Scenario, type WrongEnd } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tries: { type: 'string' }, seed: { type: 'string' } },
});
const seed = numberOf('seed', values.seed) ?? Math.floor(Math.random() * 2 ** 31);
const tries = numberOf('tries', values.tries);
const unknown = positionals.filter((name) => !SCENARIOS.some((each) => each.name === name));
if (unknown.length > 0) {
  stop(`there is no ${unknown.join(', ')}; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`);
}

const widest = Math.max(...SCENARIOS.map(({ name }) => name.length));
for (const scenario of SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(scenario.name)) continue;
  const name = scenario.name.padEnd(widest);
  if (scenario.missing != null) {
    console.log(`${name}  not tried: ${scenario.missing}`);
    continue;
  }
  const began = performance.now();
  const count = tries ?? scenario.tries.long;
  const wrong = await wrongEnds(scenario, count);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${name}  ${count} tries  ${wrong.length} wrong ends  seed ${seed}  ${seconds} s`);
  for (const { input, error } of wrong) console.error(`  ${JSON.stringify(input)}:`, error);
  if (wrong.length > 0) process.exitCode = 1;
}

async function wrongEnds(scenario: Scenario, count: number): Promise<WrongEnd[]> {
  const wrong: WrongEnd[] = [];
  const { longInput = scenario.input } = scenario;
  for (const input of inputsOf({ ...scenario, input: longInput }, count, seed)) {
    await scenario.attempt(input).catch((error: unknown) => wrong.push({ input, error }));
  }
  return wrong;
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) stop(`--${option} takes a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

function stop(why: string): never {
  console.error(`torture: ${why}`);
  process.exit(2);
}
