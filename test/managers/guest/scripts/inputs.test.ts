// The inputs of scripts from the configuration.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vllmInputs } from '../../../../src/managers/guest/scripts/vllm.ts';
import { container, targetOf } from '../../guests.ts';

const ENGINE = {
  ModelConfig: { model: 'Qwen/Qwen2-7B-Instruct', trust_remote_code: true, dtype: 'auto', max_model_len: 8192 },
  CacheConfig: { quantization: null, enable_prefix_caching: false, gpu_memory_utilization: 0.9 },
  ServerConfig: { host: '0.0.0.0', port: 8000, served_model_name: 'two words' },
};

test('the groups of vLLM become the arguments of its server', () => {
  expect(vllmInputs(ENGINE)).toEqual({
    VLLM_MODEL: 'Qwen/Qwen2-7B-Instruct',
    VLLM_ARGS: [
      ...['--trust-remote-code', '--dtype=auto', '--max-model-len=8192', '--gpu-memory-utilization=0.9'],
      ...['--host=0.0.0.0', '--port=8000', '--served-model-name=two words'],
    ].join('\n'),
  });
  expect(vllmInputs({})).toEqual({ VLLM_MODEL: null, VLLM_ARGS: '' });
});

test('each argument is one line, whatever its value', () => {
  const value = fc.oneof(
    fc.constant(true),
    fc.integer(),
    fc.string().filter((text) => !/[\r\n]/.test(text)),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,9}$/), value, { noNullPrototype: true }), (group) => {
      const { model: _, ...others } = group;
      const lines = vllmInputs({ ModelConfig: group }).VLLM_ARGS.split('\n');
      expect(lines.filter((line) => line.startsWith('--'))).toHaveLength(Object.keys(others).length);
    }),
  );
});

test('another model installs the feature of that guest again, and nothing else of it', () => {
  const scripts = (model: string) => {
    const features = ['base_setup', 'vllm'].map((name) => ({
      name,
      path: `etc/features/${name}/install.sh`,
      blob: null,
    }));
    const { spec } = targetOf(container(910, { features, vllm: { ModelConfig: { model } } }));
    return spec['scripts'] as { name: string; mark: string; inputs: object }[];
  };
  const [before, after] = [scripts('a/b'), scripts('a/c')];
  expect(after[1]).toMatchObject({ name: 'vllm', inputs: { VLLM_MODEL: 'a/c', VLLM_ARGS: '' } });
  expect(before.map(({ mark }, at) => mark === after[at]?.mark)).toEqual([true, false]);
});
