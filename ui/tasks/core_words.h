#pragma once
#include <QString>

#include <string>

namespace reelmend::ui::tasks {

// Sentences of the core, which knows no Qt, in the user's language; names and numbers in them are kept. Several may
// stand in one text. What the table does not hold stays as it is.
QString coreWords(const std::string& text);

// True for remarks about a clip that only explain how it is read or shown: nothing is wrong with it.
bool isOnlyANote(const std::string& remark);

} // namespace reelmend::ui::tasks
