// Rules for the content of used files: real content instead of a placeholder, and text where a program needs text.

import type { Diagnostic } from '../../config/diagnostic.ts';
import { contentTraits, instead } from '../../config/read/content.ts';
import type { Config } from '../../managers/config.ts';
import { allGuests, targetOf } from '../../managers/guest/guests.ts';
import type { RuleContext } from '../../managers/rule.ts';
import { type TargetId, targetId } from '../../model/ids.ts';
import type { ContentTraits, SourceFile } from '../../model/snapshot.ts';
import { scriptsOf } from './files.ts';

interface Fault {
  readonly message: string;
  readonly hint: string;
  /** From 1. */
  readonly line: number;
}

/** NOT_THE_CONTENT: a script or a file of a stack exists but has unsuitable content. */
export function filesHoldTheirContent({ config, files }: RuleContext): Diagnostic[] {
  const scripts = usedScripts(config).map((use) => ({ ...use, faultOf: scriptFault }));
  const handedIn = usedStackFiles(config).map((use) => ({ ...use, faultOf: stackFileFault }));
  return [...scripts, ...handedIn].flatMap(({ path, target, faultOf }): Diagnostic[] => {
    const traits = traitsOf(files.get(path));
    const fault = traits === null ? null : faultOf(traits, path);
    if (fault === null) return [];
    const { message, hint, line } = fault;
    return [
      { code: 'NOT_THE_CONTENT', at: { file: path, path: '' }, message, hint, target, position: { line, column: 1 } },
    ];
  });
}

interface Use {
  readonly path: string;
  readonly target: TargetId;
}

/** Without the scripts that Phoenix ships. */
function usedScripts(config: Config): Use[] {
  return allGuests(config).flatMap((guest) =>
    scriptsOf(guest)
      .filter(({ blob }) => blob !== null)
      .map(({ path }) => ({ path, target: targetOf(guest) })),
  );
}

function usedStackFiles(config: Config): Use[] {
  return config.vm.flatMap((vm) =>
    vm.stacks.flatMap(({ name, environment }) => {
      const files = config.stacks.get(name)?.environments[environment]?.files ?? [];
      return files.map(({ path }) => ({ path, target: targetId('stack', `${vm.id}.${name}`) }));
    }),
  );
}

/** Null for files that were not read: links, and those past the size limit. */
function traitsOf(file: SourceFile | undefined): ContentTraits | null {
  return file?.traits ?? (file?.bytes === undefined ? null : contentTraits(file.bytes));
}

const LF = 'Save it with LF at the ends of lines, and say so in .gitattributes: *.sh text eol=lf';
const SHELL = /(^|[/\s])(ba|da|a|k|z)?sh(\s|$)/;

function scriptFault(traits: ContentTraits): Fault | null {
  const { standsFor, notText, blank, interpreter, carriageReturn } = traits;
  if (standsFor !== null) return instead(standsFor);
  if (notText !== null)
    return { message: notText.message, hint: 'A script must be text in UTF-8.', line: notText.line };
  if (blank) {
    return {
      message: 'the script is empty',
      hint: 'Write what it is to do, or take its name out where it is used.',
      line: 1,
    };
  }
  const fault = atTheStart(traits);
  if (fault !== null) return fault;
  // Only shells fail on CR LF.
  if (carriageReturn === null || (interpreter !== null && !SHELL.test(interpreter))) return null;
  return {
    message: 'a line ends with CR LF: the shell takes the CR for a part of the word',
    hint: LF,
    line: carriageReturn,
  };
}

/** Only files with a shebang must not have a byte order mark or CR LF. */
function stackFileFault(traits: ContentTraits, path: string): Fault | null {
  const { standsFor, notText, interpreter } = traits;
  if (standsFor?.pointer) return instead(standsFor);
  if (BINARY_NAMES.test(path)) return null;
  const hint = 'Save it as UTF-8. If it is meant to be no text, give its name an ending that says so, such as .bin.';
  if (standsFor !== null) return { ...instead(standsFor), hint };
  if (notText !== null) return { message: notText.message, hint, line: notText.line };
  return interpreter === null ? null : atTheStart(traits);
}

/** File name extensions of binary formats. */
const BINARY_NAMES =
  /\.(bin|dat|db|sqlite3?|mmdb|gz|tgz|bz2|xz|zst|zip|tar|jar|war|whl|deb|apk|so|wasm|png|jpe?g|gif|webp|avif|ico|bmp|pdf|woff2?|ttf|otf|eot|mp[34]|ogg|wav|p12|pfx|jks|keystore|der|crt|cer|key|pub|gpg|age|kdbx|pkl|onnx|gguf|safetensors|parquet)$/i;

/** Checks the shebang line, which the kernel reads literally up to the line end. */
function atTheStart({ marked, interpreter, carriageReturn }: ContentTraits): Fault | null {
  if (marked) {
    const hint = 'Save it as UTF-8 without a byte order mark.';
    return {
      message: 'a byte order mark stands before the first line, so that it does not begin with #!',
      hint,
      line: 1,
    };
  }
  if (interpreter === null || carriageReturn !== 1) return null;
  return { message: `the first line ends with CR LF: there is no program "${interpreter}\\r"`, hint: LF, line: 1 };
}
