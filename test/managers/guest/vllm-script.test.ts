// The script that serves a model with vLLM, run by a real shell below a folder; vLLM itself is a stub that prints its arguments.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { vllmInputs } from '../../../src/managers/guest/scripts/vllm.ts';

const SCRIPT = readFileSync(new URL('../../../etc/features/vllm/install.sh', import.meta.url), 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phoenix-vllm-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  program('opt/vllm/bin/python', 'exit 0');
  program('opt/vllm/bin/vllm', `printf '[%s]\\n' "$@"`);
  program('bin/id', 'exit 0');
  program('bin/systemctl', `echo "$*" >>${folder}/calls`);
  for (const path of ['etc/systemd/system', 'usr/local/bin']) mkdirSync(join(folder, path), { recursive: true });
});

function program(path: string, body: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

function install(engine: Parameters<typeof vllmInputs>[0] | null): void {
  const { VLLM_MODEL: model, VLLM_ARGS } = engine === null ? { VLLM_MODEL: null, VLLM_ARGS: '' } : vllmInputs(engine);
  const script = SCRIPT.replaceAll(/\/(etc|opt|usr\/local)\//g, `${folder}/$1/`);
  execFileSync('sh', ['-c', script], {
    stdio: 'pipe',
    env: { PATH: `${folder}/bin:${process.env['PATH']}`, VLLM_ARGS, ...(model === null ? {} : { VLLM_MODEL: model }) },
  });
}

test('serves the model with its arguments, each as it was written', () => {
  install({
    ModelConfig: { model: 'a/b', trust_remote_code: true, dtype: 'auto' },
    ServerConfig: { served_model_name: "it's $HOME; `id` %n", empty: '' },
  });
  expect(execFileSync(join(folder, 'usr/local/bin/vllm-serve'), { encoding: 'utf8' }).split('\n')).toEqual([
    ...['[serve]', '[a/b]', '[--trust-remote-code]', '[--dtype=auto]'],
    ...["[--served-model-name=it's $HOME; `id` %n]", '[--empty=]', ''],
  ]);
  expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('daemon-reload\nenable vllm\nrestart vllm\n');
});

test('without a model it is only installed, and what came with a clone is removed', () => {
  install(null);
  expect(existsSync(join(folder, 'calls'))).toBe(false);
  install({ ModelConfig: { model: 'a/b' } });
  install(null);
  expect(existsSync(join(folder, 'etc/systemd/system/vllm.service'))).toBe(false);
  expect(readFileSync(join(folder, 'calls'), 'utf8')).toMatch(/disable --now vllm\ndaemon-reload\n$/);
});
