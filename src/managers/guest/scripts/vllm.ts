// The arguments of the vLLM server: the declared groups become `vllm serve MODEL --argument=value`, one argument per line, so that no value is ever
// parsed as shell.

import type { JsonObject } from '../../../model/json.ts';

/** `VLLM_MODEL`, and `VLLM_ARGS` in file order: `true` gives an argument without value, `false` and null omit it. */
export function vllmInputs(engine: JsonObject): { readonly VLLM_MODEL: string | null; readonly VLLM_ARGS: string } {
  const written = Object.values(engine).flatMap((group) => Object.entries((group ?? {}) as JsonObject));
  const provided = written.filter(([, value]) => value !== null && value !== false);
  const model = provided.find(([name]) => name === 'model')?.[1];
  const words = provided
    .filter(([name]) => name !== 'model')
    .map(([name, value]) => `--${name.replaceAll('_', '-')}${value === true ? '' : `=${value}`}`);
  return { VLLM_MODEL: model === undefined ? null : String(model), VLLM_ARGS: words.join('\n') };
}
