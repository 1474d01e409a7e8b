// Beside every command, and every value that is to be typed or opened, a button that copies it.
const COPIED = [
  'Type exactly this',
  'What to do',
  'URL',
  'Keep running',
  'Then open',
  'Public key',
];

/** @param {Element} code */
function isCopied(code) {
  const cell = code.parentElement;
  if (!(cell instanceof HTMLTableCellElement)) return true;
  const heading = cell.closest('table')?.querySelectorAll('th')[cell.cellIndex];
  return COPIED.includes(heading?.textContent?.trim() ?? '');
}

for (const code of [...document.querySelectorAll('pre > code, td > code')].filter(isCopied)) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', `Copy ${code.textContent.trim().slice(0, 80)}`);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code.textContent.replace(/\n$/, ''));
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 1500);
  });
  code.after(button);
}
