// Keeps each tsconfig valid while a part of the project has no module of its own yet.
export {};
