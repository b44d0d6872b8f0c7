// The log of a run, end to end: one entry per event, with the names that docs/agent.md lists.

import { expect, test } from 'vitest';
import type { Log } from '../../src/ports/log.ts';
import { useBoxAgent } from '../support/agent/box-agent.ts';
import { environment } from '../support/environment.ts';

const STORY = new Set(['run asked for', 'run planned', 'step started', 'step ended', 'run ended']);

let lines: string[];
const log: Log = {
  info(text, fields = {}) {
    const { commit, ...rest } = fields;
    if (STORY.has(text)) lines.push(`${text} ${String(commit).slice(0, 7)} ${JSON.stringify(rest)}`);
  },
  warn() {},
  error() {},
};
const boxes = useBoxAgent(() => {
  lines = [];
  return { log };
});

test('a run is logged step by step, with its commit and each outcome', async () => {
  boxes.host.order('box start 101', { exit: 7, stderr: 'no power' });
  const { commit } = await boxes.phoenix.push(environment({ 101: {}, 102: { dependencies: [101] } }));
  const short = commit.slice(0, 7);
  expect(lines).toEqual([
    `run planned ${short} {"run":"1","trigger":"push","by":"phoenix","steps":2}`,
    `step started ${short} {"run":"1","step":"lxc/101"}`,
    expect.stringMatching(/^step ended \w+ \{"run":"1","step":"lxc\/101","outcome":"failed","reason":".*no power"\}$/),
    `step ended ${short} {"run":"1","step":"lxc/102","outcome":"skipped","reason":"it needs lxc/101, which failed"}`,
    `run ended ${short} {"run":"1","outcome":"failed"}`,
  ]);
});

test('a commit without changes and an invalid one are logged too', async () => {
  await boxes.phoenix.push(environment({ 101: {} }));
  lines.length = 0;
  const same = await boxes.phoenix.push({ ...environment({ 101: {} }), 'README.md': 'x' });
  const bad = await boxes.phoenix.push(environment({ 101: { cores: -1 } }));
  expect(lines).toEqual([
    `run planned ${same.commit.slice(0, 7)} {"run":"2","trigger":"push","by":"phoenix","steps":0}`,
    `run ended ${same.commit.slice(0, 7)} {"run":"2","outcome":"succeeded"}`,
    expect.stringMatching(
      new RegExp(`^run ended ${bad.commit.slice(0, 7)} \\{"run":"3","outcome":"invalid","reason":`),
    ),
  ]);
});
