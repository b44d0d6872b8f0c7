// What is said while a GitHub App is made. Pure.

const WRAP = (body: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Phoenix: GitHub App</title></head>
<body><h1>Phoenix</h1>
${body}
</body></html>
`;

/** The page with the one button. @param manifest JSON */
export function appPage({ action, manifest }: { readonly action: string; readonly manifest: string }): string {
  return WRAP(`<p>GitHub shows what the App may do before it is made. It will belong to you, and only see the repositories that you install it on.</p>
<form action="${escapeHtml(action)}" method="post">
<input type="hidden" name="manifest" value="${escapeHtml(manifest)}">
<button type="submit">Create the GitHub App</button>
</form>`);
}

export const APP = {
  open: (url: string, port: number) =>
    `Open ${url} in a browser and press the button.\nWhere the browser is on another machine: ssh -L ${port}:127.0.0.1:${port} to this one first.\n`,
  done: WRAP('<p>The App is made. The terminal says what comes next; this page may be closed.</p>'),
  wrongState: WRAP('<p>This link does not belong to what was asked for here. Begin again.</p>'),
  notHere: WRAP('<p>There is nothing here.</p>'),
} as const;

export function appCreated(
  { id, name, page }: { readonly id: number; readonly name: string; readonly page: string },
  { key, secret }: { readonly key: string; readonly secret: string },
): string {
  return `The GitHub App ${name} is made. Set:

  PHOENIX_FORGE=github
  PHOENIX_APP_ID=${id}
  PHOENIX_APP_KEY_FILE=${key}
  PHOENIX_WEBHOOK_SECRET_FILE=${secret}

and take PHOENIX_FORGE_TOKEN away. Then install it on the repository: ${page}/installations/new
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
