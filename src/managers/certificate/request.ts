// What `openssl req` is told. Names reach it in a file rather than in arguments: there it splits nothing.

/** X.509 allows so many characters in a common name; a longer one stands among the alternative names only. */
const LONGEST_COMMON_NAME = 64;

/** Names are those of a checked configuration: letters, digits, dots, colons, hyphens and a leading `*`. */
export function requestSettings(commonName: string, names: readonly string[]): string {
  const alternatives = names.map((name, index) =>
    /^[\d.]+$|:/.test(name) ? `IP.${index + 1} = ${name}` : `DNS.${index + 1} = ${name}`,
  );
  return [
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    'req_extensions = extensions',
    '[subject]',
    commonName.length > LONGEST_COMMON_NAME ? 'O = Phoenix' : `CN = ${commonName}`,
    '[extensions]',
    'subjectAltName = @names',
    '[names]',
    ...alternatives,
    '',
  ].join('\n');
}
