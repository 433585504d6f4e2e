import eslint from "typescript-eslint";

// Only the boundary may say Office; everything else is tried without Outlook.
const office = [{ name: "Office", message: "Only src/office says Office." }, { name: "OfficeRuntime", message: "Only src/office says Office." }];

export default eslint.config(
  { ignores: ["dist", "node_modules", "src/service/contract.ts"] },
  { files: ["**/*.ts"], extends: [eslint.configs.strictTypeChecked], languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "no-restricted-globals": ["error", ...office],
      "no-console": "error",
      eqeqeq: "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    } },
  { files: ["src/office/**", "src/guard/entry.ts"], rules: { "no-restricted-globals": "off" } },
);
