<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_GB" sourcelanguage="en_GB">
<context>
    <name>reelmend::desktop::StartPage</name>
    <message numerus="yes">
        <source>Processor, %n cores</source>
        <translation>
            <numerusform>Processor, %n core</numerusform>
            <numerusform>Processor, %n cores</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>reelmend::desktop::StatusLine</name>
    <message numerus="yes">
        <source>All %n frames cached</source>
        <translation>
            <numerusform>%n frame cached</numerusform>
            <numerusform>All %n frames cached</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Processor, %n cores</source>
        <translation>
            <numerusform>Processor, %n core</numerusform>
            <numerusform>Processor, %n cores</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>reelmend::ui::session::ClipFacts</name>
    <message numerus="yes">
        <source>%n frames</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>reelmend::ui::tasks::Words</name>
    <message numerus="yes">
        <source>%n frames</source>
        <translation>
            <numerusform>%n frame</numerusform>
            <numerusform>%n frames</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n finished frames are kept.</source>
        <translation>
            <numerusform>%n finished frame is kept.</numerusform>
            <numerusform>%n finished frames are kept.</numerusform>
        </translation>
    </message>
</context>
</TS>
