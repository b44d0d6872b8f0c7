// What the demo tells: a story in chapters, each with what was pushed, what was planned, what happened and what the commit says.

import type { Plan } from '../../model/plan.ts';
import { APPLY_CONTEXT, DRIFT_CONTEXT, PLAN_CONTEXT, shortSha } from '../statuses/status.ts';
import { paint, type Style } from '../terminal/paint.ts';

interface Status {
  readonly context: string;
  readonly state: string;
  readonly description: string | null;
  readonly target_url: string | null;
}

const MARKS: Readonly<Record<string, readonly [string, Style]>> = {
  pending: ['…', 'yellow'],
  success: ['✓', 'green'],
  failure: ['✗', 'red'],
  error: ['!', 'yellow'],
};
/** Their links are shown always, those of single targets where something is to be read there. */
const OF_THE_WHOLE: ReadonlySet<string> = new Set([APPLY_CONTEXT, PLAN_CONTEXT, DRIFT_CONTEXT]);
/** A command's line is cut here: notes and scripts are long. */
const MAX_COMMAND_LENGTH = 110;

export function chapter(number: number, title: string, colours: boolean): string {
  return `\n${paint(`${number}. ${title}`, 'bold', colours)}\n`;
}

export function addressLines(demo: { readonly forge: string; readonly agent: string; readonly lab: string }): string {
  return [
    'Phoenix on this machine: a forge, a lab Proxmox host, the agent, and a private Redis.',
    `  forge   ${demo.forge}   (pull requests, comments and checks)`,
    `  agent   ${demo.agent}   (open it in a browser)`,
    `  host    a simulated Proxmox 9 node in ${demo.lab}`,
    '',
  ].join('\n');
}

/** @param seconds since the addresses were named */
export function demoReady(seconds: number): string {
  return `  all of it answers after ${Math.max(1, Math.round(seconds))} s\n`;
}

export function opened(number: number, title: string, from: { readonly by: string; readonly branch: string }): string {
  return `  pull request #${number} “${title}” by ${from.by}: ${from.branch} into main\n`;
}

export function merged(number: number, commit: string, by: string): string {
  return `  ${by} merges #${number} as ${shortSha(commit)}\n`;
}

/** A comment as its author wrote it, without what a forge does not show. */
export function commented(by: string, body: string, verb = 'comments'): string {
  const text = body
    .replaceAll(/<!--[\s\S]*?-->\n?/g, '')
    .replaceAll(/<details><summary>Order[\s\S]*?<\/details>\n?/g, '')
    .replaceAll(/<\/?(details|summary)>/g, '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return `  ${by} ${verb}:\n${lines.map((line) => `    │ ${line}\n`).join('')}`;
}

export function pushed(commit: string, message: string): string {
  return `  pushed ${shortSha(commit)} “${message}”\n`;
}

/** The steps of each wave: those of one wave run side by side. */
export function waveLines({ steps }: Plan): string {
  const waves = Map.groupBy(steps, ({ wave }) => wave);
  const lines = [...waves].map(
    ([wave, members]) =>
      `  wave ${wave}   ${members.map(({ target, verb, impact }) => `${target} (${verb}, ${impact})`).join(' · ')}\n`,
  );
  return lines.join('');
}

export function statusLines(commit: string, statuses: readonly Status[], colours: boolean): string {
  const width = Math.max(0, ...statuses.map(({ context }) => context.length));
  const ordered = [...statuses].sort((one, other) => (one.context < other.context ? -1 : 1));
  const lines = ordered.map(({ context, state, description, target_url: url }) => {
    const [mark, style] = MARKS[state] ?? ['?', 'bold'];
    const link = url === null || (state === 'success' && !OF_THE_WHOLE.has(context)) ? '' : `      ${url}\n`;
    return `    ${paint(mark, style, colours)} ${context.padEnd(width)}  ${description ?? ''}\n${link}`;
  });
  return `  on the commit ${shortSha(commit)}:\n${lines.join('')}`;
}

export function commandLines(commands: readonly (readonly string[])[]): string {
  if (commands.length === 0) return '  on the host: no command was run\n';
  const shown = commands.map((argv) => {
    const line = argv.join(' ').replace(/\s+/g, ' ');
    return `    ${line.length > MAX_COMMAND_LENGTH ? `${line.slice(0, MAX_COMMAND_LENGTH)}…` : line}\n`;
  });
  return `  on the host:\n${shown.join('')}`;
}

/** @param expected what should have been seen, where something else was */
export function storyEnd(wrong: readonly string[], seconds: number): string {
  if (wrong.length === 0) return `\nAll went as it should, in ${Math.round(seconds)} s.\n`;
  return `\nNot as it should be:\n${wrong.map((text) => `  ${text}\n`).join('')}`;
}

/** Lines to be copied are long: they are shown as they are. */
export function yourTurn(demo: {
  readonly pushUrl: string;
  /** The address of the forge's pages. */
  readonly forge: string;
  readonly agent: string;
  readonly adminToken: string;
}): string {
  return [
    '',
    'Now you. In another terminal:',
    '',
    `  git clone ${demo.pushUrl} environment && cd environment`,
    '  # change "memory_mb" of container 101 in etc/phoenix_lxc_configs.json, then:',
    '  git commit -am "Change the gateway" && git push',
    '',
    `What Phoenix does with it shows here. Or push a branch, and open a pull request of it at ${demo.forge}`,
    'in a browser: there Phoenix shows its plan, and you comment, approve and merge.',
    '',
    'To ask the agent yourself:',
    '',
    `  export PHOENIX_URL=${demo.agent} PHOENIX_ADMIN_TOKEN=${demo.adminToken}`,
    '  npm run -s phoenix -- status   # or runs, logs RUN, replay COMMIT',
    '',
    'Ctrl-C ends it and leaves nothing behind.',
    '',
  ].join('\n');
}
