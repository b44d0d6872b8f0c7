// What the workflow validate-config.yml runs: validates a commit of a config repo and plans it against where it branched off.
// It reads Git alone, and runs nothing of the repository. The folder is its argument; the rest is in the environment:
//   HEAD          the commit
//   BASE          the commit that it is to be merged into, or that was there before the push; empty or zeros: none
//   CONFIG_ROOT   the config root, if it cannot be detected
// Annotations go to standard output, the page to the file of GITHUB_STEP_SUMMARY. Ends as `phoenix plan` does: 1 when the
// commit brings errors, 2 when there is nothing to read.

import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { type Io, wrapping } from '../../src/cli/io.ts';
import { plan } from '../../src/cli/plan.ts';
import { validate } from '../../src/cli/validate.ts';
import { annotation, failure, fenced, page } from './report.ts';

const { env } = process;
const [path = '.'] = process.argv.slice(2);
const root = env['CONFIG_ROOT'] || undefined;
const to = env['HEAD'] || 'HEAD';

process.exitCode = await check();

async function check(): Promise<number> {
  const from = branchedOff(env['BASE'] ?? '', to);
  const validated = await told((io) => validate({ path, rev: to, root, json: true }, io));
  const planned = await told((io) => plan({ path, from, to, root, json: true }, io));
  const shown = await told((io) => plan({ path, from, to, root }, io));
  const unread = [validated, planned].find(({ out }) => out === '');
  if (unread !== undefined) {
    process.stdout.write(`${failure(unread.err)}\n`);
    summarise(`## Phoenix: nothing to read\n\n${fenced(unread.err)}\n`);
    return unread.exit;
  }
  const { root: found, counts } = JSON.parse(validated.out);
  const { problems, steps, ...made } = JSON.parse(planned.out);
  for (const problem of problems) process.stdout.write(`${annotation(problem, found)}\n`);
  const approvals = steps.filter((step: { approval: boolean }) => step.approval).length;
  summarise(page({ ...made, approvals, counts, plan: shown.err + shown.out }));
  return planned.exit;
}

/** The merge base: what came to the base after it is not part of the commit. `none` without a common ancestor. */
function branchedOff(base: string, head: string): string {
  if (/^0*$/.test(base)) return 'none';
  try {
    const args = ['-C', path, 'merge-base', '--end-of-options', base, head];
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'none';
  }
}

async function told(command: (io: Io) => Promise<number>): Promise<{ exit: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await command(wrapping({ stdout: (text) => out.push(text), stderr: (text) => err.push(text), env }));
  return { exit, out: out.join(''), err: err.join('') };
}

function summarise(text: string): void {
  const file = env['GITHUB_STEP_SUMMARY'];
  if (file) appendFileSync(file, text);
  else process.stderr.write(text);
}
