// The arguments of the vLLM server: what is written in groups becomes `vllm serve MODEL --argument=value`, one argument a line, so
// that no value is ever read as shell.

import type { JsonObject } from '../../../model/json.ts';

/** `VLLM_MODEL`, and `VLLM_ARGS` in the order written: `true` is the bare argument, `false` and null leave it out. */
export function vllmInputs(engine: JsonObject): { readonly VLLM_MODEL: string | null; readonly VLLM_ARGS: string } {
  const written = Object.values(engine).flatMap((group) => Object.entries((group ?? {}) as JsonObject));
  const provided = written.filter(([, value]) => value !== null && value !== false);
  const model = provided.find(([name]) => name === 'model')?.[1];
  const words = provided
    .filter(([name]) => name !== 'model')
    .map(([name, value]) => `--${name.replaceAll('_', '-')}${value === true ? '' : `=${value}`}`);
  return { VLLM_MODEL: model === undefined ? null : String(model), VLLM_ARGS: words.join('\n') };
}
